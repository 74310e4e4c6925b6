import type { Kysely } from 'kysely'

/** Which writers there are and were, what they decided of late, and when the background verifier looked at a zone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // a writer that ends in order takes its row away; one that crashes leaves it
  await db.schema
    .createTable('writer_seen')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('host', 'text', (col) => col.notNull())
    .addColumn('version', 'text', (col) => col.notNull())
    .addColumn('listens', 'text', (col) => col.notNull())
    .addColumn('started_at', 'timestamptz', (col) => col.notNull())
    .addColumn('seen_at', 'timestamptz', (col) => col.notNull())
    .execute()

  // updates by the minute that they were decided in, and what came of them
  await db.schema
    .createTable('writer_minute')
    .addColumn('at', 'timestamptz', (col) => col.notNull())
    .addColumn('writer_id', 'text', (col) => col.notNull())
    .addColumn('applied', 'bigint', (col) => col.notNull())
    .addColumn('unchanged', 'bigint', (col) => col.notNull())
    .addColumn('refused', 'bigint', (col) => col.notNull())
    .addPrimaryKeyConstraint('writer_minute_pkey', ['at', 'writer_id'])
    .execute()

  await db.schema
    .alterTable('zone_verified')
    // null until the zone is looked at by a writer that says so
    .addColumn('looked_at', 'timestamptz')
    .addColumn('alarm_at', 'timestamptz')
    // the event that hashing the old ones anew has reached
    .addColumn('again_seq', 'bigint')
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const column of ['looked_at', 'alarm_at', 'again_seq'])
    await db.schema.alterTable('zone_verified').dropColumn(column).execute()
  await db.schema.dropTable('writer_minute').execute()
  await db.schema.dropTable('writer_seen').execute()
}
