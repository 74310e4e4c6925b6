import { type Kysely, sql } from 'kysely'

/** Public keys of clients that sign by SIG(0). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sig0_key')
    .addColumn('name', sql`text collate "C"`, (col) => col.primaryKey())
    // of the KEY record
    .addColumn('rdata', 'bytea', (col) => col.notNull())
    .addColumn('created_at', 'timestamptz', (col) => col.notNull())
    .addColumn('created_by', 'text', (col) => col.notNull())
    .execute()

  // rules say a name without the kind of its key, so no name may have both; whoever comes second inserts no row. The lock
  // makes two that come at once follow each other, and the statement after it sees what the first has committed.
  await sql`
    create function key_name_is_free() returns trigger language plpgsql as $$
    declare
      is_taken boolean;
    begin
      perform pg_advisory_xact_lock(hashtextextended(new.name, 1514950659));
      execute format('select exists (select from %I where name = $1)', tg_argv[0]) into is_taken using new.name;
      if is_taken then
        return null;
      end if;
      return new;
    end
    $$`.execute(db)
  for (const [table, other] of [
    ['tsig_key', 'sig0_key'],
    ['sig0_key', 'tsig_key'],
  ])
    await sql`
      create trigger key_name_is_free before insert on ${sql.table(table!)}
      for each row execute function key_name_is_free(${sql.lit(other!)})`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger key_name_is_free on tsig_key`.execute(db)
  await db.schema.dropTable('sig0_key').execute()
  await sql`drop function key_name_is_free()`.execute(db)
}
