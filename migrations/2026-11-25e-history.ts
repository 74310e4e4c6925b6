import { type Kysely, sql } from 'kysely'

/**
 * Looking back: RRsets as they were, who asked about a name, signed checkpoints, and how far zones were verified. But
 * for the checkpoints all of it is derived from the events and can be made anew.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await derivedTables(db)
  await proofTables(db)
}

async function derivedTables(db: Kysely<unknown>): Promise<void> {
  // no reference to the zone: a row that is written here must not wait for the lock of an update
  await db.schema
    .createTable('history_progress')
    .addColumn('zone_id', 'bigint', (col) => col.primaryKey())
    // everything below is filled up to this event, by a follower behind the commits
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('snapshot_seq', 'bigint', (col) => col.notNull().defaultTo(0))
    .addColumn('rows_since_snapshot', 'bigint', (col) => col.notNull().defaultTo(0))
    .addColumn('snapshot_rows', 'bigint', (col) => col.notNull().defaultTo(0))
    .execute()

  // an RRset after an event that changed or confirmed it; `owner` sorts in canonical order, see history/owner-key.ts
  await db.schema
    .createTable('rrset_state')
    .addColumn('zone_id', 'bigint', (col) => col.notNull())
    .addColumn('owner', 'bytea', (col) => col.notNull())
    .addColumn('type', 'integer', (col) => col.notNull())
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('state', 'bytea', (col) => col.notNull())
    .addPrimaryKeyConstraint('rrset_state_pkey', ['zone_id', 'owner', 'type', 'seq'])
    .execute()
  await sql`create index rrset_state_seq on rrset_state (zone_id, seq)`.execute(db)

  // names that an event asked about and did not change
  await db.schema
    .createTable('name_asked')
    .addColumn('zone_id', 'bigint', (col) => col.notNull())
    .addColumn('owner', 'bytea', (col) => col.notNull())
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addPrimaryKeyConstraint('name_asked_pkey', ['zone_id', 'owner', 'seq'])
    .execute()

  // a zone's RRset states at one event, in order, compressed
  await db.schema
    .createTable('zone_snapshot_part')
    .addColumn('zone_id', 'bigint', (col) => col.notNull())
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('part', 'integer', (col) => col.notNull())
    .addColumn('octets', 'bytea', (col) => col.notNull())
    .addPrimaryKeyConstraint('zone_snapshot_part_pkey', ['zone_id', 'seq', 'part'])
    .execute()
  await sql`alter table zone_snapshot_part alter column octets set storage external`.execute(db)
}

async function proofTables(db: Kysely<unknown>): Promise<void> {
  // one row: signs checkpoints; the private key is sealed under the master key
  await db.schema
    .createTable('checkpoint_key')
    .addColumn('id', 'integer', (col) => col.primaryKey().check(sql`id = 1`))
    .addColumn('public_key', 'text', (col) => col.notNull())
    .addColumn('sealed_private_key', 'bytea', (col) => col.notNull())
    .execute()

  await db.schema
    .createTable('checkpoint')
    .addColumn('zone_id', 'bigint', (col) => col.notNull())
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('statement', 'text', (col) => col.notNull())
    .addColumn('signature', 'bytea', (col) => col.notNull())
    .addColumn('published', 'boolean', (col) => col.notNull().defaultTo(false))
    .addPrimaryKeyConstraint('checkpoint_pkey', ['zone_id', 'seq'])
    .execute()

  // where the background verifier has got to, so that it need not begin again after a restart
  await db.schema
    .createTable('zone_verified')
    .addColumn('zone_id', 'bigint', (col) => col.primaryKey())
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('hash', 'bytea', (col) => col.notNull())
    .addColumn('digest', 'bytea', (col) => col.notNull())
    .addColumn('alarm', 'text')
    .execute()
}

const TABLES = [
  'zone_verified',
  'checkpoint',
  'checkpoint_key',
  'zone_snapshot_part',
  'name_asked',
  'rrset_state',
  'history_progress',
] as const

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of TABLES) await db.schema.dropTable(table).execute()
}
