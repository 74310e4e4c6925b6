import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

const OTHER_WAYS = ['enable_seqscan', 'enable_bitmapscan', 'enable_sort']

/**
 * For the rest of the transaction: rows come by indexes in the order of those. Statistics may not know yet of a zone that has just come,
 * and only its index gives the first rows at once.
 */
export async function readByIndex(trx: Kysely<Database>): Promise<void> {
  await sql`select set_config(name, 'off', true) from unnest(${OTHER_WAYS}::text[]) as name`.execute(trx)
}
