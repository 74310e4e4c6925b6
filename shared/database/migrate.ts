import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { FileMigrationProvider, Migrator } from 'kysely/migration'
import { withoutCredentials } from '../config/read.ts'
import { ConfigError } from '../config.ts'
import { connectDatabase } from './connect.ts'
import { isConnectionFault } from './faults.ts'
import type { Database } from './schema.ts'

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

const MIGRATING = { name: 'zonelog migrate', size: 1, statementMs: 3_600_000 }

/** Brings the schema to the newest version; returns the names of the migrations that ran. Safe to run from several processes at once. */
export async function migrateToLatest(databaseUrl: string): Promise<string[]> {
  const { db, close } = connectDatabase(databaseUrl, MIGRATING)
  try {
    await explainConnection(databaseUrl, db)
    const migrator = new Migrator({
      db,
      provider: new FileMigrationProvider({ fs, path, migrationFolder: FOLDER }),
    })
    const { error, results } = await migrator.migrateToLatest()
    if (error !== undefined) throw error
    return (results ?? [])
      .filter((result) => result.status === 'Success')
      .map((result) => result.migrationName)
  } finally {
    await close()
  }
}

/** Names of migrations that the database still lacks. Throws a sentence for people when the database cannot be used. */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  const { db, close } = connectDatabase(databaseUrl, MIGRATING)
  try {
    await explainConnection(databaseUrl, db)
    const migrator = new Migrator({
      db,
      provider: new FileMigrationProvider({ fs, path, migrationFolder: FOLDER }),
    })
    const migrations = await migrator.getMigrations()
    return migrations
      .filter((migration) => migration.executedAt === undefined)
      .map((migration) => migration.name)
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
