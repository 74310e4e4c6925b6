import { type Kysely, sql } from 'kysely'

/** Lets a secondary's serial be found in a long history (IXFR from any serial). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index zone_event_serial on zone_event (zone_id, serial_after, seq) where octet_length(diff) > 0`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index zone_event_serial`.execute(db)
}
