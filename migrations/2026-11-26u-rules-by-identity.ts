import { type Kysely, sql } from 'kysely'

/** The rules that name a key are found without reading those of all zones. The expression is that of store/key-references.ts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index update_rule_identity
    on update_rule ((regexp_replace(lower(split_part(rule, ' ', 2)), '\\+ip:[^+]*$', '')))`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index update_rule_identity`.execute(db)
}
