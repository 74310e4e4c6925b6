import { type Kysely, sql } from 'kysely'

/** Tokens for HTTP updates: each stands for a key, and for a few names only. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('update_token')
    .addColumn('id', 'bigint', (col) => col.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('key_name', sql`text collate "C"`, (col) =>
      col.notNull().references('tsig_key.name').onDelete('cascade'),
    )
    .addColumn('name', 'text', (col) => col.notNull())
    // SHA-256 in hexadecimal; the token itself is shown once and kept nowhere
    .addColumn('hash', 'text', (col) => col.notNull().unique())
    .addColumn('names', sql`text[]`, (col) => col.notNull())
    .addColumn('created_at', 'timestamptz', (col) => col.notNull())
    .addColumn('created_by', 'text', (col) => col.notNull())
    .addColumn('expires_at', 'timestamptz')
    .addUniqueConstraint('update_token_of_key', ['key_name', 'name'])
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('update_token').execute()
}
