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
