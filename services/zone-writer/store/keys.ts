import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database, TsigKeyTable } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

export interface StoredKey {
  readonly name: Name
  readonly algorithm: string
  /** Sealed for `tsigSecretPurpose(name)`. */
  readonly sealedSecret: Uint8Array
  readonly createdAt: Date
}

/** False when a key of that name exists. */
export async function insertKey(
  db: Kysely<Database>,
  key: Pick<StoredKey, 'name' | 'algorithm' | 'sealedSecret'>,
): Promise<boolean> {
  const row = await db
    .insertInto('tsig_key')
    .values({ name: key.name, algorithm: key.algorithm, sealed_secret: Buffer.from(key.sealedSecret) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst()
  return row !== undefined
}

export async function allKeys(db: Kysely<Database>): Promise<StoredKey[]> {
  const rows = await db.selectFrom('tsig_key').selectAll().orderBy('name').execute()
  return rows.map(fromRow)
}

export async function findKey(db: Kysely<Database>, name: Name): Promise<StoredKey | undefined> {
  const row = await db.selectFrom('tsig_key').selectAll().where('name', '=', name).executeTakeFirst()
  return row && fromRow(row)
}

/** Which of these keys exist; they go on to exist until the transaction ends. */
export async function holdKeys(trx: Transaction<Database>, names: readonly Name[]): Promise<Set<Name>> {
  const rows = await trx
    .selectFrom('tsig_key')
    .select('name')
    .where('name', '=', sql<string>`any(${names}::text[])`)
    .orderBy('name')
    .forKeyShare()
    .execute()
  return new Set(rows.map((row) => nameOf(row.name)))
}

function fromRow(row: Selectable<TsigKeyTable>): StoredKey {
  return {
    name: nameOf(row.name),
    algorithm: row.algorithm,
    sealedSecret: row.sealed_secret,
    createdAt: row.created_at,
  }
}
