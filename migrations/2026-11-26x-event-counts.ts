import { type Kysely, sql } from 'kysely'

/**
 * How many events each zone had in each minute and each hour, by what became of them: derived from the events, behind the commits. It is not
 * filled here: reading all events takes as long as there are many.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('event_count')
    .addColumn('zone_id', 'bigint', (col) => col.notNull())
    // 60 or 3600
    .addColumn('seconds', 'integer', (col) => col.notNull())
    .addColumn('starts_at', 'timestamptz', (col) => col.notNull())
    .addColumn('applied', 'bigint', (col) => col.notNull())
    .addColumn('unchanged', 'bigint', (col) => col.notNull())
    .addColumn('refused', 'bigint', (col) => col.notNull())
    .addPrimaryKeyConstraint('event_count_pkey', ['zone_id', 'seconds', 'starts_at'])
    .execute()
  // the newest rows are changed all the time, in their place where it has room
  await sql`alter table event_count set (fillfactor = 70)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('event_count').execute()
}
