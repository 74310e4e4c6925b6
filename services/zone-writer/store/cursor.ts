import { type RawBuilder, sql } from 'kysely'
import type { DbTransaction } from './admin-zones.ts'

const FETCHED_AT_ONCE = 2_000

/** The rows of a query, a few thousand at a time, however many there are. `name` must be free in the transaction. */
export async function* rowsOf<T>(
  trx: DbTransaction,
  name: string,
  query: RawBuilder<unknown>,
  atOnce = FETCHED_AT_ONCE,
): AsyncGenerator<readonly T[]> {
  const cursor = sql.id(name)
  await sql`declare ${cursor} no scroll cursor for ${query}`.execute(trx)
  try {
    for (;;) {
      const { rows } = await sql<T>`fetch forward ${sql.lit(atOnce)} from ${cursor}`.execute(trx)
      if (rows.length > 0) yield rows
      if (rows.length < atOnce) break
    }
  } finally {
    // also for a reader that has enough; a transaction that failed has closed it already
    await sql`close ${cursor}`.execute(trx).catch(() => {})
  }
}
