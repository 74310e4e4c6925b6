import { type Kysely, sql } from 'kysely'

/** By what a signed message is known when it comes again, so that nobody can replay it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // derived from the message, and so no part of the hash; null for unsigned messages and for events from before
  await db.schema.alterTable('zone_event').addColumn('signed_digest', 'bytea').execute()
  // not a partial one: Postgres would not take it for a list that may be empty
  await sql`create index zone_event_signed_digest on zone_event (signed_digest)`.execute(db)

  // a re-send that was signed again leaves no event, but it can be replayed too
  await db.schema
    .createTable('resent_signature')
    .addColumn('signed_digest', 'bytea', (col) => col.primaryKey())
    .addColumn('zone_id', 'bigint', (col) => col.notNull())
    .addColumn('seq', 'bigint', (col) => col.notNull())
    // from then on nobody accepts the signature, and the row has no use
    .addColumn('expires_at', 'timestamptz', (col) => col.notNull())
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('resent_signature').execute()
  await db.schema.alterTable('zone_event').dropColumn('signed_digest').execute()
}
