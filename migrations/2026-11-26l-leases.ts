import { type Kysely, sql } from 'kysely'

/** Values that are removed unless they are refreshed in time (RFC 9664). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('zone')
    // 0 and 0: no leases
    .addColumn('least_lease_seconds', 'integer', (col) => col.notNull().defaultTo(0))
    .addColumn('longest_lease_seconds', 'integer', (col) => col.notNull().defaultTo(0))
    .execute()

  // no reference to the zone: its row is locked by whoever writes here
  await db.schema
    .createTable('leased_value')
    .addColumn('zone_id', 'bigint', (col) => col.notNull())
    .addColumn('owner', sql`text collate "C"`, (col) => col.notNull())
    .addColumn('type', 'integer', (col) => col.notNull())
    // SHA-256 of the RDATA in canonical form, which may be longer than what an index takes
    .addColumn('value', 'bytea', (col) => col.notNull())
    // the event that granted the lease or refreshed it last
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('lease_seconds', 'bigint', (col) => col.notNull())
    .addColumn('expires_at', 'timestamptz', (col) => col.notNull())
    // who keeps the value though its lease may be over
    .addColumn('held_by', 'text')
    .addPrimaryKeyConstraint('leased_value_pkey', ['zone_id', 'owner', 'type', 'value'])
    .execute()
  await sql`create index leased_value_expires on leased_value (expires_at) where held_by is null`.execute(db)

  // since when updates of a partition's zones could be made without a break, and when that was last seen
  await db.schema
    .createTable('lease_watch')
    .addColumn('partition', 'integer', (col) => col.primaryKey())
    .addColumn('since', 'timestamptz', (col) => col.notNull())
    .addColumn('seen_at', 'timestamptz', (col) => col.notNull())
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('lease_watch').execute()
  await db.schema.dropTable('leased_value').execute()
  for (const column of ['least_lease_seconds', 'longest_lease_seconds'])
    await db.schema.alterTable('zone').dropColumn(column).execute()
}
