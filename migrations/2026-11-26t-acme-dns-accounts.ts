import { type Kysely, sql } from 'kysely'

/** Tokens that clients of acme-dns register for themselves, and from where a token may be used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('update_token')
    // address ranges; empty is everywhere
    .addColumn('allow_from', sql`text[]`, (col) => col.notNull().defaultTo(sql`'{}'`))
    // the network of whoever registered it; null for one that an operator made
    .addColumn('registered_from', 'text')
    .execute()
  await sql`create index update_token_registered on update_token (registered_from, created_at)
    where registered_from is not null`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index update_token_registered`.execute(db)
  for (const column of ['allow_from', 'registered_from'])
    await db.schema.alterTable('update_token').dropColumn(column).execute()
}
