import type { Kysely } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { RuleChange } from './rules.ts'

const MOST_SHOWN = 50

/** Changes of a zone's rules after a moment, oldest first; the newest of them when there are very many. */
export async function ruleChangesSince(
  db: Kysely<Database>,
  zoneId: number,
  since: Date,
): Promise<(Omit<RuleChange, 'rules'> & { readonly version: number })[]> {
  const rows = await db
    .selectFrom('rule_change')
    .select(['version', 'at', 'by', 'change', 'detail'])
    .where('zone_id', '=', zoneId)
    .where('at', '>', since)
    .orderBy('version', 'desc')
    .limit(MOST_SHOWN)
    .execute()
  return rows.reverse()
}

/** The rules that held at a moment; undefined when they were not kept. */
export async function rulesAt(
  db: Kysely<Database>,
  zoneId: number,
  at: Date,
): Promise<readonly string[] | undefined> {
  const row = await db
    .selectFrom('rule_change')
    .select('rules')
    .where('zone_id', '=', zoneId)
    .where('at', '<=', at)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.rules
}
