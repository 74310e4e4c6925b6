import { type Kysely, sql } from 'kysely'

/** What a zone's owner decides about its updates, and how many records the zone has. A limit of 0 is none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('zone')
    .addColumn('serial_policy', 'text', (col) =>
      col.notNull().defaultTo('increment').check(sql`serial_policy in ('increment', 'unixtime', 'date')`),
    )
    .addColumn('max_records', 'integer', (col) => col.notNull().defaultTo(0).check(sql`max_records >= 0`))
    .addColumn('max_records_per_rrset', 'integer', (col) =>
      col.notNull().defaultTo(100).check(sql`max_records_per_rrset >= 0`),
    )
    .addColumn('max_types_per_name', 'integer', (col) =>
      col.notNull().defaultTo(100).check(sql`max_types_per_name >= 0`),
    )
    // kept with every change; null until the zone is counted
    .addColumn('record_count', 'bigint')
    .execute()
  await sql`
    update zone
    set record_count = (select coalesce(sum(cardinality(rdata)), 0) from rrset where zone_id = zone.id)`.execute(
    db,
  )
}

export async function down(db: Kysely<unknown>): Promise<void> {
  const columns = [
    'serial_policy',
    'max_records',
    'max_records_per_rrset',
    'max_types_per_name',
    'record_count',
  ]
  for (const column of columns) await db.schema.alterTable('zone').dropColumn(column).execute()
}
