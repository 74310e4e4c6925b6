import { type Kysely, sql } from 'kysely'

/** Several secrets for each key, with a life of their own; who changed keys, and who uses them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('tsig_key')
    .addColumn('created_by', 'text', (col) => col.notNull().defaultTo(''))
    .addColumn('expires_at', 'timestamptz')
    // null: a MAC must have its full length
    .addColumn('least_mac_octets', 'integer')
    .execute()

  await db.schema
    .createTable('tsig_secret')
    .addColumn('id', 'bigint', (col) => col.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('key_name', sql`text collate "C"`, (col) =>
      col.notNull().references('tsig_key.name').onDelete('cascade'),
    )
    .addColumn('algorithm', 'text', (col) => col.notNull())
    // AES-256-GCM under the master key; null once it is revoked, so that nobody can bring it back
    .addColumn('sealed', 'bytea')
    .addColumn('created_at', 'timestamptz', (col) => col.notNull())
    .addColumn('created_by', 'text', (col) => col.notNull())
    .addColumn('expires_at', 'timestamptz')
    .addColumn('revoked_at', 'timestamptz')
    .execute()
  await sql`create index tsig_secret_key on tsig_secret (key_name, id)`.execute(db)
  await sql`
    insert into tsig_secret (key_name, algorithm, sealed, created_at, created_by)
    select name, algorithm, sealed_secret, created_at, '' from tsig_key`.execute(db)
  // nothing that was released reads them
  await db.schema.alterTable('tsig_key').dropColumn('sealed_secret').dropColumn('algorithm').execute()

  // no reference to the key: what was done to it is told after it is gone
  await db.schema
    .createTable('key_change')
    .addColumn('id', 'bigint', (col) => col.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('key_name', sql`text collate "C"`, (col) => col.notNull())
    .addColumn('at', 'timestamptz', (col) => col.notNull())
    .addColumn('by', 'text', (col) => col.notNull())
    .addColumn('change', 'text', (col) => col.notNull())
    .addColumn('detail', 'text', (col) => col.notNull())
    .execute()
  await sql`create index key_change_key on key_change (key_name, id)`.execute(db)

  await db.schema
    .createTable('key_usage')
    .addColumn('secret_id', 'bigint', (col) => col.notNull().references('tsig_secret.id').onDelete('cascade'))
    .addColumn('source_address', 'text', (col) => col.notNull())
    .addColumn('first_at', 'timestamptz', (col) => col.notNull())
    .addColumn('last_at', 'timestamptz', (col) => col.notNull())
    .addColumn('count', 'bigint', (col) => col.notNull())
    .addPrimaryKeyConstraint('key_usage_pkey', ['secret_id', 'source_address'])
    .execute()

  // one report may be delivered twice, and counts once
  await db.schema
    .createTable('key_usage_report')
    .addColumn('report_id', 'uuid', (col) => col.primaryKey())
    .addColumn('stored_at', 'timestamptz', (col) => col.notNull().defaultTo(sql`now()`))
    .execute()
  await sql`create index key_usage_report_stored_at on key_usage_report (stored_at)`.execute(db)
}

/** Each key keeps its newest secret; a key without one goes. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('tsig_key')
    .addColumn('algorithm', 'text')
    .addColumn('sealed_secret', 'bytea')
    .execute()
  await sql`
    update tsig_key set (algorithm, sealed_secret) = (
      select algorithm, sealed from tsig_secret
      where key_name = tsig_key.name and sealed is not null order by id desc limit 1)`.execute(db)
  await sql`delete from tsig_key where sealed_secret is null`.execute(db)
  await sql`
    alter table tsig_key alter column algorithm set not null, alter column sealed_secret set not null`.execute(
    db,
  )
  for (const table of ['key_usage_report', 'key_usage', 'key_change', 'tsig_secret'])
    await db.schema.dropTable(table).execute()
  for (const column of ['created_by', 'expires_at', 'least_mac_octets'])
    await db.schema.alterTable('tsig_key').dropColumn(column).execute()
}
