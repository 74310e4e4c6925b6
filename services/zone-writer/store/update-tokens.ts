import type { Kysely } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

export interface StoredUpdateToken {
  readonly id: number
  readonly key: Name
  readonly name: string
  /** See shared/update-token.ts. */
  readonly hash: string
  readonly names: readonly Name[]
  readonly createdAt: Date
  readonly createdBy: string
  readonly expiresAt: Date | undefined
}

/** Of one key, or of all. */
export async function updateTokens(db: Kysely<Database>, key?: Name): Promise<StoredUpdateToken[]> {
  const all = db.selectFrom('update_token').selectAll().orderBy('key_name').orderBy('name')
  return (await (key === undefined ? all : all.where('key_name', '=', key)).execute()).map(fromRow)
}

export async function findUpdateToken(
  db: Kysely<Database>,
  id: number,
): Promise<StoredUpdateToken | undefined> {
  const row = await db.selectFrom('update_token').selectAll().where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

/** Its id; undefined when the key has one of that name. */
export async function insertUpdateToken(
  db: Kysely<Database>,
  token: Omit<StoredUpdateToken, 'id'>,
): Promise<number | undefined> {
  const row = await db
    .insertInto('update_token')
    .values({
      key_name: token.key,
      name: token.name,
      hash: token.hash,
      names: [...token.names],
      created_at: token.createdAt,
      created_by: token.createdBy,
      expires_at: token.expiresAt ?? null,
    })
    .onConflict((conflict) => conflict.columns(['key_name', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

export async function deleteUpdateToken(db: Kysely<Database>, id: number): Promise<void> {
  await db.deleteFrom('update_token').where('id', '=', id).execute()
}

/** All of a key; tells their ids. */
export async function deleteUpdateTokens(db: Kysely<Database>, key: Name): Promise<number[]> {
  const gone = await db.deleteFrom('update_token').where('key_name', '=', key).returning('id').execute()
  return gone.map(({ id }) => id)
}

type Row = Awaited<ReturnType<typeof selectOne>>
function selectOne(db: Kysely<Database>) {
  return db.selectFrom('update_token').selectAll().executeTakeFirstOrThrow()
}

function fromRow(row: Row): StoredUpdateToken {
  return {
    id: row.id,
    key: nameOf(row.key_name),
    name: row.name,
    hash: row.hash,
    names: row.names.map(nameOf),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at ?? undefined,
  }
}
