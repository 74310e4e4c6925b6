import { type Kysely, sql } from 'kysely'

/**
 * Which events `event_count` has, told apart from how far the index is: writers of the release before move that one and count nothing.
 * The counts themselves are filled behind the commits.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('history_progress')
    // the first and the last of them; 0 where none is counted yet
    .addColumn('counted_from', 'bigint', (col) => col.notNull().defaultTo(sql`0`))
    .addColumn('counted_seq', 'bigint', (col) => col.notNull().defaultTo(sql`0`))
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const column of ['counted_from', 'counted_seq'])
    await db.schema.alterTable('history_progress').dropColumn(column).execute()
}
