import { type Kysely, sql } from 'kysely'

/** What a token may do, where and until when; and one place that tells who changed what by the API. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('api_token')
    // those there are could do everything
    .addColumn('role', 'text', (col) =>
      col.notNull().defaultTo('admin').check(sql`role in ('viewer', 'operator', 'admin')`),
    )
    // names of zones; null is all of them
    .addColumn('zones', sql`text[]`)
    .addColumn('expires_at', 'timestamptz')
    .addColumn('created_by', 'text', (col) => col.notNull().defaultTo('system'))
    .addColumn('last_used_at', 'timestamptz')
    // its name stays taken: events name it
    .addColumn('revoked_at', 'timestamptz')
    .execute()

  await db.schema
    .createTable('audit')
    .addColumn('id', 'bigint', (col) => col.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('at', 'timestamptz', (col) => col.notNull())
    .addColumn('by', 'text', (col) => col.notNull())
    // zone, rules, key, token or master-key
    .addColumn('subject', 'text', (col) => col.notNull())
    .addColumn('name', sql`text collate "C"`, (col) => col.notNull())
    .addColumn('change', 'text', (col) => col.notNull())
    .addColumn('detail', 'text', (col) => col.notNull())
    // the event of the zone that says the same, where there is one
    .addColumn('zone_id', 'bigint')
    .addColumn('seq', 'bigint')
    .execute()
  await sql`create index audit_name on audit (name, id)`.execute(db)
  await sql`
    insert into audit (at, by, subject, name, change, detail, zone_id, seq)
    select * from (
      select at, by, 'key', key_name, change, detail, null::bigint, null::bigint from key_change
      union all
      select at, by, 'rules', zone.name, change, detail, zone_id, null
      from rule_change join zone on zone.id = zone_id
      union all
      select decided_at, identity, 'zone', zone.name, kind, detail, zone_id, zone_event.seq
      from zone_event join zone on zone.id = zone_id
      where kind in ('create', 'delete', 'import', 'restore', 'undo', 'rebuild', 'compact')
        and identity like 'api:%'
    ) as past order by 1`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('audit').execute()
  for (const column of ['role', 'zones', 'expires_at', 'created_by', 'last_used_at', 'revoked_at'])
    await db.schema.alterTable('api_token').dropColumn(column).execute()
}
