import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

/**
 * Runs `work` with the sealed check text of this database, if it has one; what it returns is stored when it had none. Writers that
 * start at the same moment do this one after another.
 */
export async function withMasterKeyCheck(
  db: Kysely<Database>,
  work: (sealed: Uint8Array | undefined) => Promise<Uint8Array>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockTable(trx)
    const row = await trx.selectFrom('master_key_check').select('sealed').executeTakeFirst()
    const sealed = await work(row?.sealed)
    if (row === undefined)
      await trx
        .insertInto('master_key_check')
        .values({ id: 1, sealed: Buffer.from(sealed) })
        .execute()
  })
}

/** The check text of the key that secrets are sealed under, until the transaction ends; undefined before the first one is. */
export async function holdMasterKeyCheck(trx: Transaction<Database>): Promise<Uint8Array | undefined> {
  const row = await trx.selectFrom('master_key_check').select('sealed').forShare().executeTakeFirst()
  return row?.sealed
}

export async function findMasterKeyCheck(db: Kysely<Database>): Promise<Uint8Array | undefined> {
  return (await db.selectFrom('master_key_check').select('sealed').executeTakeFirst())?.sealed
}

/** Waits for those that hold it; nobody seals anything from then on until the transaction ends. */
export async function lockMasterKeyCheck(trx: Transaction<Database>): Promise<Uint8Array | undefined> {
  const row = await trx.selectFrom('master_key_check').select('sealed').forUpdate().executeTakeFirst()
  return row?.sealed
}

export async function replaceMasterKeyCheck(trx: Transaction<Database>, sealed: Uint8Array): Promise<void> {
  await trx
    .updateTable('master_key_check')
    .set({ sealed: Buffer.from(sealed) })
    .execute()
}

async function lockTable(trx: Transaction<Database>): Promise<void> {
  await sql`lock table master_key_check in share row exclusive mode`.execute(trx)
}
