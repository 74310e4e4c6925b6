import { type Kysely, sql } from 'kysely'

/** Who may transfer a zone, who is told of its changes, and catalog zones (RFC 9432). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('zone')
    .addColumn('allow_transfer', sql`text[]`, (col) => col.notNull().defaultTo(sql`'{}'`))
    .addColumn('notify', sql`text[]`, (col) => col.notNull().defaultTo(sql`'{}'`))
    .addColumn('notify_mode', 'text', (col) =>
      col.notNull().defaultTo('yes').check(sql`notify_mode in ('yes', 'explicit', 'no')`),
    )
    .addColumn('is_catalog', 'boolean', (col) => col.notNull().defaultTo(false))
    // the catalog zone that lists this zone: null is every one, an empty text none
    .addColumn('catalog', sql`text collate "C"`)
    .addColumn('catalog_group', 'text')
    .execute()
  await sql`create index zone_is_catalog on zone (id) where is_catalog and deleted_at is null`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('zone_is_catalog').execute()
  const columns = ['allow_transfer', 'notify', 'notify_mode', 'is_catalog', 'catalog', 'catalog_group']
  for (const column of columns) await db.schema.alterTable('zone').dropColumn(column).execute()
}
