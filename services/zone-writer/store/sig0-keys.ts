import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Database, Sig0KeyTable } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

export interface StoredSig0Key {
  readonly name: Name
  /** Of its KEY record. */
  readonly rdata: Uint8Array
  readonly createdAt: Date
  readonly createdBy: string
}

/** False when a key of that name exists, of whatever kind. */
export async function insertSig0Key(trx: Transaction<Database>, key: StoredSig0Key): Promise<boolean> {
  const row = await trx
    .insertInto('sig0_key')
    .values({
      name: key.name,
      rdata: Buffer.from(key.rdata),
      created_at: key.createdAt,
      created_by: key.createdBy,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst()
  return row !== undefined
}

export async function allSig0Keys(db: Kysely<Database>): Promise<StoredSig0Key[]> {
  return (await db.selectFrom('sig0_key').selectAll().orderBy('name').execute()).map(fromRow)
}

export async function findSig0Key(db: Kysely<Database>, name: Name): Promise<StoredSig0Key | undefined> {
  const row = await db.selectFrom('sig0_key').selectAll().where('name', '=', name).executeTakeFirst()
  return row && fromRow(row)
}

/** The key, which no new rule names until the transaction ends. */
export async function lockSig0Key(
  trx: Transaction<Database>,
  name: Name,
): Promise<StoredSig0Key | undefined> {
  const row = await trx
    .selectFrom('sig0_key')
    .selectAll()
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function deleteSig0Key(trx: Transaction<Database>, name: Name): Promise<void> {
  await trx.deleteFrom('sig0_key').where('name', '=', name).execute()
}

function fromRow(row: Selectable<Sig0KeyTable>): StoredSig0Key {
  return {
    name: nameOf(row.name),
    rdata: row.rdata,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}
