import { type Kysely, sql } from 'kysely'

const DISTINCT = ['report_id', 'reason', 'source_address', 'claimed_key', 'zone'] as const

/** What the client was told to name, and the operator's sentence. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('refusal')
    .addColumn('audit_id', 'text', (col) => col.notNull().defaultTo(''))
    .addColumn('detail', 'text', (col) => col.notNull().defaultTo(''))
    .execute()
  // one report may hold two rows that differ in nothing else than what was answered
  await db.schema.alterTable('refusal').dropConstraint('refusal_once').execute()
  await db.schema
    .alterTable('refusal')
    .addUniqueConstraint('refusal_once', [...DISTINCT, 'audit_id'])
    .execute()
  await sql`create index refusal_audit_id on refusal (audit_id) where audit_id <> ''`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('refusal_audit_id').execute()
  await db.schema.alterTable('refusal').dropConstraint('refusal_once').execute()
  // rows that differed in the audit's number only
  await sql`
    delete from refusal a using refusal b
    where a.id > b.id and (a.report_id, a.reason, a.source_address, a.claimed_key, a.zone)
                        = (b.report_id, b.reason, b.source_address, b.claimed_key, b.zone)`.execute(db)
  await db.schema
    .alterTable('refusal')
    .addUniqueConstraint('refusal_once', [...DISTINCT])
    .execute()
  await db.schema.alterTable('refusal').dropColumn('audit_id').dropColumn('detail').execute()
}
