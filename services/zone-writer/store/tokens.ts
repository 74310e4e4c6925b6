import { type Kysely, type Selectable, sql } from 'kysely'
import type { ApiTokenTable, Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

export interface StoredToken {
  readonly name: string
  /** SHA-256 of the token. */
  readonly hash: Uint8Array
  readonly role: 'viewer' | 'operator' | 'admin'
  /** Undefined is all. */
  readonly zones: readonly Name[] | undefined
  readonly createdAt: Date
  readonly createdBy: string
  readonly expiresAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  readonly revokedAt: Date | undefined
}

export async function findToken(db: Kysely<Database>, hash: Uint8Array): Promise<StoredToken | undefined> {
  const row = await tokens(db).where('hash', '=', Buffer.from(hash)).executeTakeFirst()
  return row && fromRow(row)
}

export async function tokenNamed(db: Kysely<Database>, name: string): Promise<StoredToken | undefined> {
  const row = await tokens(db).where('name', '=', name).executeTakeFirst()
  return row && fromRow(row)
}

/** Tokens with names after `after`, in the order of their names. */
export async function tokensAfter(db: Kysely<Database>, limit: number, after = ''): Promise<StoredToken[]> {
  const rows = await tokens(db).where('name', '>', after).orderBy('name').limit(limit).execute()
  return rows.map(fromRow)
}

export async function tokenNames(db: Kysely<Database>): Promise<string[]> {
  const rows = await db.selectFrom('api_token').select('name').limit(5_000).execute()
  return rows.map(({ name }) => name)
}

/** Of the tokens that are limited to zones, those that ended too: a name stays with its token. */
export async function zonesOfTokens(db: Kysely<Database>): Promise<ReadonlyMap<string, readonly Name[]>> {
  const rows = await db
    .selectFrom('api_token')
    .select(['name', 'zones'])
    .where('zones', 'is not', null)
    .execute()
  return new Map(rows.map(({ name, zones }) => [name, zones!.map(nameOf)]))
}

/** False when its name is taken, by one that was revoked too. */
export async function insertToken(db: Kysely<Database>, token: StoredToken): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('api_token')
    .values({
      name: token.name,
      hash: Buffer.from(token.hash),
      role: token.role,
      zones: token.zones === undefined ? null : [...token.zones],
      created_at: token.createdAt,
      created_by: token.createdBy,
      expires_at: token.expiresAt ?? null,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** The token as it is then; undefined where none of the name lives. */
export async function revokeStoredToken(
  db: Kysely<Database>,
  name: string,
  at: Date,
): Promise<StoredToken | undefined> {
  const row = await db
    .updateTable('api_token')
    .set({ revoked_at: at })
    .where('name', '=', name)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function markTokenUsed(db: Kysely<Database>, name: string, at: Date): Promise<void> {
  await db.updateTable('api_token').set({ last_used_at: at }).where('name', '=', name).execute()
}

export async function countTokens(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('api_token')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Runs `work` while no other writer adds tokens; everything it does is one transaction. */
export async function whileTokensLocked<T>(
  db: Kysely<Database>,
  work: (db: Kysely<Database>) => Promise<T>,
): Promise<T> {
  return await db.transaction().execute(async (trx) => {
    await sql`lock table api_token in share row exclusive mode`.execute(trx)
    return await work(trx)
  })
}

/** Stores the hash of a token that may do everything under a name, in place of the one that had the name. */
export async function putToken(
  db: Kysely<Database>,
  token: Pick<StoredToken, 'name' | 'hash'>,
): Promise<void> {
  const hash = Buffer.from(token.hash)
  const whole = { hash, role: 'admin', zones: null, expires_at: null, revoked_at: null } as const
  await db
    .insertInto('api_token')
    .values({ name: token.name, ...whole })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(whole))
    .execute()
}

function tokens(db: Kysely<Database>) {
  return db.selectFrom('api_token').selectAll()
}

function fromRow(row: Selectable<ApiTokenTable>): StoredToken {
  return {
    name: row.name,
    hash: row.hash,
    role: row.role,
    zones: row.zones?.map(nameOf),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }
}
