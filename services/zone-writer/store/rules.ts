import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

/** Stores a new zone's rules, first one first. */
export async function insertRules(
  trx: Transaction<Database>,
  zoneId: number,
  rules: readonly string[],
): Promise<void> {
  if (rules.length === 0) return
  await trx
    .insertInto('update_rule')
    .values(rules.map((rule, position) => ({ zone_id: zoneId, position, rule })))
    .execute()
}

/** Rules as text, in order, by zone; a zone without rules has no entry. */
export async function loadRules(
  db: Kysely<Database>,
  zoneIds: readonly number[],
): Promise<Map<number, string[]>> {
  const rows = await db
    .selectFrom('update_rule')
    .select(['zone_id', 'rule'])
    .where('zone_id', '=', sql<number>`any(${zoneIds}::bigint[])`)
    .orderBy('zone_id')
    .orderBy('position')
    .execute()
  const rules = new Map<number, string[]>()
  for (const { zone_id, rule } of rows) {
    const list = rules.get(zone_id)
    if (list === undefined) rules.set(zone_id, [rule])
    else list.push(rule)
  }
  return rules
}

/** A change of a zone's rules, and the whole list from then on. */
export interface RuleChange {
  readonly at: Date
  /** `api:NAME` of the token. */
  readonly by: string
  /** Stable word: `created`, `added`, `removed`, `moved` or `replaced`. */
  readonly change: string
  readonly detail: string
  readonly rules: readonly string[]
}

/** Puts another list in the place of a zone's rules; returns its version. The caller holds the zone's lock. */
export async function replaceRules(
  trx: Transaction<Database>,
  zoneId: number,
  change: RuleChange,
): Promise<number> {
  await trx.deleteFrom('update_rule').where('zone_id', '=', zoneId).execute()
  await insertRules(trx, zoneId, change.rules)
  const { rules_version } = await trx
    .updateTable('zone')
    .set({ rules_version: sql`rules_version + 1` })
    .where('id', '=', zoneId)
    .returning('rules_version')
    .executeTakeFirstOrThrow()
  await trx
    .insertInto('rule_change')
    .values({ ...change, zone_id: zoneId, version: rules_version, rules: [...change.rules] })
    .execute()
  return rules_version
}

/** How often the rules of a zone have been changed. */
export async function rulesVersion(db: Kysely<Database>, zoneId: number): Promise<number> {
  const row = await db.selectFrom('zone').select('rules_version').where('id', '=', zoneId).executeTakeFirst()
  return row?.rules_version ?? 0
}

/** The newest changes of a zone's rules, newest first. */
export async function newestRuleChanges(
  db: Kysely<Database>,
  zoneId: number,
  limit: number,
  before = Number.MAX_SAFE_INTEGER,
): Promise<(RuleChange & { readonly version: number })[]> {
  return await db
    .selectFrom('rule_change')
    .select(['version', 'at', 'by', 'change', 'detail', 'rules'])
    .where('zone_id', '=', zoneId)
    .where('version', '<', before)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
}
