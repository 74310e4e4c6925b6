import { type Kysely, sql } from 'kysely'

/** What an update token sets may go unless it is set again in time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('update_token')
    // null: what it sets stays, unless a request asks for a lease
    .addColumn('lease_seconds', 'integer', (col) => col.check(sql`lease_seconds > 0`))
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('update_token').dropColumn('lease_seconds').execute()
}
