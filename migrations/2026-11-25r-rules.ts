import { type Kysely, sql } from 'kysely'

/** How often a zone's rules were changed, by whom and to what; and how many updates an identity may send. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('zone')
    .addColumn('rules_version', 'bigint', (col) => col.notNull().defaultTo(0))
    // 0 is no limit
    .addColumn('max_updates_per_identity', 'integer', (col) =>
      col.notNull().defaultTo(0).check(sql`max_updates_per_identity >= 0`),
    )
    .addColumn('max_updates_seconds', 'integer', (col) =>
      col.notNull().defaultTo(60).check(sql`max_updates_seconds > 0`),
    )
    .execute()

  await db.schema
    .createTable('rule_change')
    .addColumn('zone_id', 'bigint', (col) => col.notNull().references('zone.id'))
    .addColumn('version', 'bigint', (col) => col.notNull())
    .addColumn('at', 'timestamptz', (col) => col.notNull())
    .addColumn('by', 'text', (col) => col.notNull())
    .addColumn('change', 'text', (col) => col.notNull())
    .addColumn('detail', 'text', (col) => col.notNull())
    // the whole list from then on, so that a decision can be looked at under the rules of its time
    .addColumn('rules', sql`text[]`, (col) => col.notNull())
    .addPrimaryKeyConstraint('rule_change_pkey', ['zone_id', 'version'])
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('rule_change').execute()
  for (const column of ['rules_version', 'max_updates_per_identity', 'max_updates_seconds'])
    await db.schema.alterTable('zone').dropColumn(column).execute()
}
