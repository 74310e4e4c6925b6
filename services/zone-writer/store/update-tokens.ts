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
  /** Address ranges from which it may be used; none is everywhere. */
  readonly allowFrom: readonly string[]
  /** The network of whoever registered it himself. */
  readonly registeredFrom: string | undefined
  /** That requests ask for which do not say. */
  readonly leaseSeconds: number | undefined
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

export async function findUpdateTokenByHash(
  db: Kysely<Database>,
  hash: string,
): Promise<StoredUpdateToken | undefined> {
  const row = await db.selectFrom('update_token').selectAll().where('hash', '=', hash).executeTakeFirst()
  return row && fromRow(row)
}

/** Tokens that were registered: of a key in all, and by one network since a moment with whatever key. */
export async function countRegistered(
  db: Kysely<Database>,
  { key, network, since }: { key: Name; network: string; since: Date },
): Promise<{ ofKey: number; ofNetwork: number }> {
  const { ofKey, ofNetwork } = await db
    .selectFrom('update_token')
    .select(({ fn }) => [
      fn.countAll<number>().filterWhere('key_name', '=', key).as('ofKey'),
      fn
        .countAll<number>()
        .filterWhere('registered_from', '=', network)
        .filterWhere('created_at', '>', since)
        .as('ofNetwork'),
    ])
    .where('registered_from', 'is not', null)
    .executeTakeFirstOrThrow()
  return { ofKey: Number(ofKey), ofNetwork: Number(ofNetwork) }
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
      allow_from: [...token.allowFrom],
      registered_from: token.registeredFrom ?? null,
      lease_seconds: token.leaseSeconds ?? null,
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
    allowFrom: row.allow_from,
    registeredFrom: row.registered_from ?? undefined,
    leaseSeconds: row.lease_seconds ?? undefined,
  }
}
