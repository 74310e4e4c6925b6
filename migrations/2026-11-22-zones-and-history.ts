import { type Kysely, sql } from 'kysely'

/** Zones, their RRsets and their history. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('zone')
    .addColumn('id', 'bigint', (col) => col.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('name', sql`text collate "C"`, (col) => col.notNull())
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('serial', 'bigint', (col) => col.notNull())
    // hash of the newest event, so that appending needs no read of the history
    .addColumn('hash', 'bytea', (col) => col.notNull())
    // the newest event known to have reached NATS
    .addColumn('published_seq', 'bigint', (col) => col.notNull().defaultTo(0))
    .addColumn('created_at', 'timestamptz', (col) => col.notNull().defaultTo(sql`now()`))
    .addColumn('deleted_at', 'timestamptz')
    .execute()
  // a deleted zone keeps its history; its name is free again
  await sql`create unique index zone_name_key on zone (name) where deleted_at is null`.execute(db)
  await sql`create index zone_unpublished on zone (id) where published_seq < seq`.execute(db)

  await db.schema
    .createTable('rrset')
    .addColumn('zone_id', 'bigint', (col) => col.notNull().references('zone.id'))
    .addColumn('owner', sql`text collate "C"`, (col) => col.notNull())
    .addColumn('type', 'integer', (col) => col.notNull())
    .addColumn('owner_as_given', sql`text collate "C"`, (col) => col.notNull())
    .addColumn('ttl', 'bigint', (col) => col.notNull())
    .addColumn('rdata', sql`bytea[]`, (col) => col.notNull())
    .addPrimaryKeyConstraint('rrset_pkey', ['zone_id', 'owner', 'type'])
    .execute()

  await db.schema
    .createTable('zone_event')
    .addColumn('zone_id', 'bigint', (col) => col.notNull().references('zone.id'))
    .addColumn('seq', 'bigint', (col) => col.notNull())
    .addColumn('kind', 'text', (col) => col.notNull())
    // a redelivered command finds its own row here
    .addColumn('command_id', 'uuid', (col) => col.notNull().unique())
    // a client's re-send finds the first outcome here
    .addColumn('fingerprint', 'bytea', (col) => col.notNull())
    .addColumn('received_at', 'timestamptz', (col) => col.notNull())
    .addColumn('queued_at', 'timestamptz', (col) => col.notNull())
    .addColumn('decided_at', 'timestamptz', (col) => col.notNull())
    .addColumn('identity', 'text', (col) => col.notNull())
    .addColumn('source_address', 'text', (col) => col.notNull())
    .addColumn('source_port', 'integer', (col) => col.notNull())
    .addColumn('transport', 'text', (col) => col.notNull())
    .addColumn('edge_id', 'text', (col) => col.notNull())
    .addColumn('message', 'bytea', (col) => col.notNull())
    .addColumn('rcode', 'integer', (col) => col.notNull())
    .addColumn('section', 'text', (col) => col.notNull())
    .addColumn('reason', 'text', (col) => col.notNull())
    .addColumn('detail', 'text', (col) => col.notNull())
    .addColumn('rule', 'text', (col) => col.notNull())
    .addColumn('serial_before', 'bigint', (col) => col.notNull())
    .addColumn('serial_after', 'bigint', (col) => col.notNull())
    .addColumn('diff', 'bytea', (col) => col.notNull())
    .addColumn('previous_hash', 'bytea', (col) => col.notNull())
    .addColumn('hash', 'bytea', (col) => col.notNull())
    // two writers cannot both take the next number
    .addPrimaryKeyConstraint('zone_event_pkey', ['zone_id', 'seq'])
    .execute()
  await sql`create index zone_event_fingerprint on zone_event (fingerprint)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['zone_event', 'rrset', 'zone']) await db.schema.dropTable(table).execute()
}
