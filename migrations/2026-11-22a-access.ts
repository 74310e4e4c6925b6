import { type Kysely, sql } from 'kysely'

/** Who may do what: TSIG keys, update rules, API tokens; and what edges refused before it became a command. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tsig_key')
    .addColumn('name', sql`text collate "C"`, (col) => col.primaryKey())
    .addColumn('algorithm', 'text', (col) => col.notNull())
    // AES-256-GCM under the master key; the clear secret is never stored
    .addColumn('sealed_secret', 'bytea', (col) => col.notNull())
    .addColumn('created_at', 'timestamptz', (col) => col.notNull().defaultTo(sql`now()`))
    .execute()

  await db.schema
    .createTable('update_rule')
    .addColumn('zone_id', 'bigint', (col) => col.notNull().references('zone.id'))
    .addColumn('position', 'integer', (col) => col.notNull())
    .addColumn('rule', 'text', (col) => col.notNull())
    .addPrimaryKeyConstraint('update_rule_pkey', ['zone_id', 'position'])
    .execute()

  await db.schema
    .createTable('api_token')
    .addColumn('name', 'text', (col) => col.primaryKey())
    .addColumn('hash', 'bytea', (col) => col.notNull().unique())
    .addColumn('created_at', 'timestamptz', (col) => col.notNull().defaultTo(sql`now()`))
    .execute()

  // one row: a text sealed under the master key, by which a wrong key is known at start
  await db.schema
    .createTable('master_key_check')
    .addColumn('id', 'integer', (col) => col.primaryKey().check(sql`id = 1`))
    .addColumn('sealed', 'bytea', (col) => col.notNull())
    .execute()

  // messages refused at an edge, counted by cause; an edge reports a bounded number of rows a minute
  await db.schema
    .createTable('refusal')
    .addColumn('id', 'bigint', (col) => col.primaryKey().generatedAlwaysAsIdentity())
    // one report may be delivered twice
    .addColumn('report_id', 'uuid', (col) => col.notNull())
    .addColumn('edge_id', 'text', (col) => col.notNull())
    .addColumn('first_at', 'timestamptz', (col) => col.notNull())
    .addColumn('last_at', 'timestamptz', (col) => col.notNull())
    .addColumn('reason', 'text', (col) => col.notNull())
    .addColumn('rcode', 'integer')
    .addColumn('source_address', 'text', (col) => col.notNull())
    .addColumn('claimed_key', 'text', (col) => col.notNull())
    .addColumn('zone', 'text', (col) => col.notNull())
    .addColumn('count', 'bigint', (col) => col.notNull())
    .addUniqueConstraint('refusal_once', ['report_id', 'reason', 'source_address', 'claimed_key', 'zone'])
    .execute()
  await sql`create index refusal_last_at on refusal (last_at)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['refusal', 'master_key_check', 'api_token', 'update_rule', 'tsig_key'])
    await db.schema.dropTable(table).execute()
}
