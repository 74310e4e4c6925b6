import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

export interface StoredToken {
  readonly name: string
  /** SHA-256 of the token. */
  readonly hash: Uint8Array
}

export async function findToken(db: Kysely<Database>, hash: Uint8Array): Promise<StoredToken | undefined> {
  return await db
    .selectFrom('api_token')
    .select(['name', 'hash'])
    .where('hash', '=', Buffer.from(hash))
    .executeTakeFirst()
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

/** Stores a token's hash under a name, in place of the one that had the name. */
export async function putToken(db: Kysely<Database>, token: StoredToken): Promise<void> {
  const hash = Buffer.from(token.hash)
  await db
    .insertInto('api_token')
    .values({ name: token.name, hash })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ hash }))
    .execute()
}
