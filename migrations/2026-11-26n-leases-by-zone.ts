import { type Kysely, sql } from 'kysely'

/** Leases of one zone that are over are found without looking at those of all others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index leased_value_zone_expires on leased_value (zone_id, expires_at) where held_by is null`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index leased_value_zone_expires`.execute(db)
}
