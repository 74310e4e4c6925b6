import { type Kysely, sql } from 'kysely'

/**
 * Events and RRsets are written by who holds the lock of their zone's row, so that it is there; Postgres looked for it again for each of
 * them, which took a seventh of what an update costs it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // in the order of commits, so that neither waits for the other
  await sql`lock table zone, rrset, zone_event in access exclusive mode`.execute(db)
  await sql`alter table zone_event drop constraint zone_event_zone_id_fkey`.execute(db)
  await sql`alter table rrset drop constraint rrset_zone_id_fkey`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['zone_event', 'rrset'])
    await sql`
      alter table ${sql.table(table)} add constraint ${sql.ref(`${table}_zone_id_fkey`)}
      foreign key (zone_id) references zone (id)`.execute(db)
}
