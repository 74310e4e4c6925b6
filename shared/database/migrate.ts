import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileMigrationProvider, Migrator } from 'kysely/migration'
import { connectDatabase } from './connect.ts'

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

const MIGRATING = { name: 'zonelog migrate', size: 1, statementMs: 3_600_000 }

/** Brings the schema to the newest version; returns the names of the migrations that ran. Safe to run from several processes at once. */
export async function migrateToLatest(databaseUrl: string): Promise<string[]> {
  const { db, close } = connectDatabase(databaseUrl, MIGRATING)
  try {
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

/** Names of migrations that the database still lacks. */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  const { db, close } = connectDatabase(databaseUrl, MIGRATING)
  try {
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
