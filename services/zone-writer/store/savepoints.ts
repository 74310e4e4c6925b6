import { sql } from 'kysely'
import type { DbTransaction } from './admin-zones.ts'

/** A place in the transaction to go back to. */
export async function markHere(trx: DbTransaction, name: string): Promise<void> {
  await sql`savepoint ${sql.id(name)}`.execute(trx)
}

/** Undoes what was written since the place was marked, and releases the locks taken since. */
export async function forgetSince(trx: DbTransaction, name: string): Promise<void> {
  await sql`rollback to savepoint ${sql.id(name)}`.execute(trx)
}
