import { type Kysely, sql } from 'kysely'

/** Commands that were in the stream when a writer came to it: whoever had them before may have died of one. Rows are gone once they are settled. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('command_try')
    .addColumn('command_id', 'uuid', (col) => col.primaryKey())
    // the process that tried last; how many had it alone in hand, this one included
    .addColumn('by', 'uuid', (col) => col.notNull())
    .addColumn('alone', 'integer', (col) => col.notNull())
    .addColumn('at', 'timestamptz', (col) => col.notNull().defaultTo(sql`now()`))
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('command_try').execute()
}
