import type { Kysely } from 'kysely'

/**
 * Which migrations have run, as far as an older program must know of them: those that only expand the schema leave it to work on. The
 * runner fills it (shared/database/migrate.ts).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('schema_change')
    .addColumn('migration', 'text', (col) => col.primaryKey())
    .addColumn('contracts', 'boolean', (col) => col.notNull())
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('schema_change').execute()
}
