import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { FileMigrationProvider, type Migration, Migrator } from 'kysely/migration'
import type { Database } from './schema.ts'

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/**
 * A migration as its file has it. One that takes away what the release before still uses says `export const contracts = true`: programs
 * that do not know it refuse to work on a schema that it has changed.
 */
export type OwnMigration = Migration & { readonly contracts?: boolean }

/** Those of this program, by name. */
export async function ownMigrations(folder = FOLDER): Promise<Record<string, OwnMigration>> {
  return await new FileMigrationProvider({ fs, path, migrationFolder: folder }).getMigrations()
}

export function migratorOf(db: Kysely<Database>, migrations: Record<string, OwnMigration>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } })
}

/** How a database's schema stands to this program; names in the order of their running. */
export interface SchemaStanding {
  /** That the database lacks. */
  readonly pending: readonly string[]
  /** That have run, and this program does not know: a newer one was here. */
  readonly unknown: readonly string[]
  /** Of the unknown, those on which this program cannot work, as far as it can tell. */
  readonly incompatible: readonly string[]
}

export async function readSchemaStanding(
  db: Kysely<Database>,
  known: readonly string[],
): Promise<SchemaStanding> {
  const ran = await executedMigrations(db)
  const expanding = await expandingMigrations(db)
  const unknown = ran.filter((name) => !known.includes(name))
  return {
    pending: known.filter((name) => !ran.includes(name)).toSorted(),
    unknown,
    incompatible: unknown.filter((name) => !expanding.has(name)),
  }
}

async function executedMigrations(db: Kysely<Database>): Promise<string[]> {
  if (!(await hasTable(db, 'kysely_migration'))) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.map(({ name }) => name)
}

async function expandingMigrations(db: Kysely<Database>): Promise<ReadonlySet<string>> {
  if (!(await hasTable(db, 'schema_change'))) return new Set()
  const { rows } = await sql<{ migration: string }>`
    select migration from schema_change where not contracts`.execute(db)
  return new Set(rows.map(({ migration }) => migration))
}

/** For programs that are older than these migrations; nothing before there is a place for it. */
export async function noteMigrations(
  db: Kysely<Database>,
  migrations: Record<string, OwnMigration>,
): Promise<void> {
  if (!(await hasTable(db, 'schema_change'))) return
  const names = Object.keys(migrations)
  const contracts = names.map((name) => migrations[name]!.contracts ?? false)
  await sql`
    insert into schema_change (migration, contracts)
    select * from unnest(${names}::text[], ${contracts}::boolean[])
    on conflict (migration) do update set contracts = excluded.contracts
    where schema_change.contracts <> excluded.contracts`.execute(db)
}

async function hasTable(db: Kysely<Database>, name: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(db)
  return rows[0]!.found
}
