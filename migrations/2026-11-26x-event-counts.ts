import { type Kysely, sql } from 'kysely'

/**
 * How many events each zone had in each minute and each hour, by what became of them: derived from the events with the rest of the history, and
 * as far as that has got.
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
  await sql`
    insert into event_count (zone_id, seconds, starts_at, applied, unchanged, refused)
    select zone_id, seconds, to_timestamp(floor(extract(epoch from decided_at) / seconds) * seconds),
      count(*) filter (where rcode = 0 and octet_length(diff) > 0),
      count(*) filter (where rcode = 0 and octet_length(diff) = 0),
      count(*) filter (where rcode <> 0)
    from zone_event e
    join history_progress p using (zone_id)
    cross join (values (60), (3600)) as units (seconds)
    where e.seq <= p.seq
    group by 1, 2, 3`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('event_count').execute()
}
