import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { ConfigError } from '../config.ts'
import { connectDatabase, type PoolOptions } from './connect.ts'
import { isBusy } from './faults.ts'
import { LockWatch } from './lock-watch.ts'
import { migratorOf, noteMigrations, type OwnMigration, readSchemaStanding } from './migrations.ts'
import type { Database } from './schema.ts'

/**
 * Who wants a lock that excludes others has all of them wait behind it: updates can bear that for so long. It is more than Postgres takes to
 * find a deadlock (1 s), and to have an automatic vacuum stand aside.
 */
const LOCK_MS = 1_500
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
/** For one migration. */
const LONGEST_WAIT_MS = 3_600_000

export interface Steps {
  readonly databaseUrl: string
  /** Of its connection; another one looks after it meanwhile. */
  readonly pool: PoolOptions
  /** Told in a sentence, each time, who keeps a migration waiting. */
  readonly onWait?: ((sentence: string) => void) | undefined
}

/**
 * Runs the migrations that the database lacks beside programs that work on it: each in a transaction of its own, so that no lock is kept
 * for longer than its migration takes. One that does not get its locks soon gives way and tries again. Returns the names of those that ran.
 */
export async function migrateStepByStep(
  watcher: Kysely<Database>,
  migrations: Record<string, OwnMigration>,
  { databaseUrl, pool, onWait = () => {} }: Steps,
): Promise<string[]> {
  const { db, close } = connectDatabase(databaseUrl, { ...pool, lockMs: LOCK_MS })
  const ran: string[] = []
  try {
    for (;;) {
      // before, so that programs that do not know it never find it and nothing about it
      await noteMigrations(watcher, migrations)
      const names = await runNext(db, watcher, migrations, onWait)
      if (names.length === 0) return ran
      ran.push(...names)
    }
  } finally {
    await close()
  }
}

async function runNext(
  db: Kysely<Database>,
  watcher: Kysely<Database>,
  migrations: Record<string, OwnMigration>,
  onWait: (sentence: string) => void,
): Promise<string[]> {
  const since = performance.now()
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const watch = new LockWatch(watcher, await backendOf(db))
    const { error, results = [] } = await migratorOf(db, migrations).migrateUp()
    const holders = await watch.end()
    if (error === undefined) return results.map(({ migrationName }) => migrationName)
    if (!isBusy(error) && !isDeadlock(error)) throw error
    const [next] = (await readSchemaStanding(watcher, Object.keys(migrations))).pending
    const waits = `${next} waits for locks that ${holders} holds`
    if (performance.now() - since > LONGEST_WAIT_MS)
      throw new ConfigError(`${waits}, for an hour now; what was to run before it has run: run it again`)
    onWait(`${waits}; it gives way to updates and tries again in ${pause / 1_000} s`)
    await delay(pause)
  }
}

async function backendOf(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  return rows[0]!.pid
}

function isDeadlock(error: unknown): boolean {
  return (error as { code?: unknown }).code === '40P01'
}
