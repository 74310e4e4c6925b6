import { type Kysely, sql } from 'kysely'
import { withoutCredentials } from '../config/read.ts'
import { ConfigError } from '../config.ts'
import { connectDatabase } from './connect.ts'
import { isConnectionFault } from './faults.ts'
import {
  migratorOf,
  noteMigrations,
  type OwnMigration,
  ownMigrations,
  readSchemaStanding,
  type SchemaStanding,
} from './migrations.ts'
import type { Database } from './schema.ts'
import { migrateStepByStep } from './step-by-step.ts'

export const MIGRATING = { name: 'zonelog migrate', size: 1, statementMs: 3_600_000 }

/**
 * Brings the schema to the newest version, beside programs that work on it; returns the names of the migrations that ran. Safe to run from
 * several processes at once. Throws a {@link ConfigError} for a database that a newer program has migrated: nothing runs backwards by accident.
 * `onWait` is told in a sentence who keeps a migration waiting.
 */
export async function migrateToLatest(
  databaseUrl: string,
  onWait?: (sentence: string) => void,
): Promise<string[]> {
  return await onDatabase(databaseUrl, async (db, migrations) => {
    const names = Object.keys(migrations)
    const standing = await readSchemaStanding(db, names)
    refuseNewerSchema(standing)
    return standing.pending.length === names.length
      ? await migrateEmpty(db, migrations)
      : await migrateStepByStep(db, migrations, { databaseUrl, pool: MIGRATING, onWait })
  })
}

/** In one transaction: nobody works on it yet. */
async function migrateEmpty(
  db: Kysely<Database>,
  migrations: Record<string, OwnMigration>,
): Promise<string[]> {
  const { error, results = [] } = await migratorOf(db, migrations).migrateToLatest()
  if (error !== undefined) throw error
  await noteMigrations(db, migrations)
  return results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName)
}

/** Names of migrations that the database still lacks. Throws a sentence for people when the database cannot be used. */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  return [...(await schemaStanding(databaseUrl)).pending]
}

/** How the schema stands to this program. Throws a sentence for people when the database cannot be used. */
export async function schemaStanding(databaseUrl: string): Promise<SchemaStanding> {
  return await onDatabase(databaseUrl, async (db, migrations) =>
    readSchemaStanding(db, Object.keys(migrations)),
  )
}

function refuseNewerSchema({ unknown }: SchemaStanding): void {
  if (unknown.length === 0) return
  throw new ConfigError(
    `a newer zonelog has migrated this database (${unknown.join(', ')}): run that one's \`zonelog migrate\`. ` +
      'To go back to this release, stop the writers and run `zonelog migrate --to NAME` of the newer one, with the last migration of this',
  )
}

/** Works on the database with the migrations of this program, or says in one sentence why it cannot be used. */
export async function onDatabase<T>(
  databaseUrl: string,
  work: (db: Kysely<Database>, migrations: Record<string, OwnMigration>) => Promise<T>,
): Promise<T> {
  const { db, close } = connectDatabase(databaseUrl, MIGRATING)
  try {
    await explainConnection(databaseUrl, db)
    return await work(db, await ownMigrations())
  } finally {
    await close()
  }
}

/** A first statement, so that a database that cannot be used is said to be so in one sentence. */
async function explainConnection(databaseUrl: string, db: Kysely<Database>): Promise<void> {
  try {
    await sql`select 1`.execute(db)
  } catch (error) {
    if (!isConnectionFault(error)) throw error
    const where = withoutCredentials(databaseUrl)
    const reason = error instanceof AggregateError ? 'nothing listens there' : (error as Error).message
    throw new ConfigError(`Postgres at ${where} cannot be used (ZONELOG_DATABASE_URL): ${reason}`, {
      cause: error,
    })
  }
}
