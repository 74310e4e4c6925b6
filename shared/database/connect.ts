import { Kysely, type PostgresCursorConstructor, PostgresDialect } from 'kysely'
import pg from 'pg'
import { CopyOut } from './copy-out.ts'
import type { Database } from './schema.ts'

const INT8 = 20

// ids, sequence numbers and serials stay below 2^53; everything else keeps pg's own reading
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')),
}

/** How often the server looks, while it works, whether its client is still there. */
const CLIENT_CHECK_MS = 1_000

/** Settings of every connection: a server that vanished must be noticed before clients give up. */
export function connectionSettings(databaseUrl: string, applicationName: string): pg.ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 1_000,
    types,
  }
}

export interface DatabaseConnection {
  readonly db: Kysely<Database>
  readonly pool: pg.Pool
  /** Has so many connections at least, as far as Postgres gives them: work that comes all at once does not wait for new ones then. */
  warmUp(connections: number): Promise<void>
  close(): Promise<void>
}

export interface PoolOptions {
  /** Shows in pg_stat_activity. */
  readonly name: string
  readonly size: number
  /** How long to wait for a lock, in ms; for ever within the statement's time where left out. */
  readonly lockMs?: number
  /** A statement that takes longer is a fault, in ms. */
  readonly statementMs: number
  /** For statements that are prepared once on each connection, of which only one plan is made. */
  readonly prepares?: boolean
  /** Idle connections stay: on a busy machine a new one takes a second and more. */
  readonly keepsIdle?: boolean
  /** Told of idle connections that broke; they are replaced. */
  readonly onError?: (error: Error) => void
}

/**
 * Plans of prepared statements are made once and kept, by sizes of tables that may have been empty then: they must use the indexes
 * that each of these statements has.
 */
const PREPARED_SETTINGS =
  'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set plan_cache_mode = force_generic_plan; set jit = off'

/**
 * A session keeps for its commits what it found, and never less than that they are on disk, and on standbys that Postgres waits for: what is set
 * while it lasts, for the server, the database or the role, does not make a promise false that was given on it.
 */
const KEEP_COMMITS = `select set_config('synchronous_commit', case when current_setting('synchronous_commit') in ('off', 'local')
  then 'on' else current_setting('synchronous_commit') end, false)`

/** A pool of connections, none of which waits for ever. */
export function connectDatabase(databaseUrl: string, options: PoolOptions): DatabaseConnection {
  const {
    name,
    size,
    statementMs,
    lockMs = 0,
    prepares = false,
    keepsIdle = false,
    onError = () => {},
  } = options
  const settings: pg.PoolConfig = {
    ...connectionSettings(databaseUrl, name),
    max: size,
    ...(keepsIdle && { idleTimeoutMillis: 0 }),
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    // for a server that does not even say that it is late
    query_timeout: statementMs + 1_000,
    idle_in_transaction_session_timeout: statementMs,
    onConnect: async (client) => {
      // what nobody waits for any more must not run on, and hold its locks; not every system on which Postgres runs can tell
      await client.query(`set client_connection_check_interval = ${CLIENT_CHECK_MS}`).catch(() => {})
      await client.query(KEEP_COMMITS)
      if (prepares) await client.query(PREPARED_SETTINGS)
    },
  }
  const pool = new pg.Pool(settings)
  // a connection that is in use has an error listener of its own only while it runs a statement; without one its loss between two
  // statements would end the process. Its user hears of it at the next statement
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', onError)
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool, cursor: CopyOut as unknown as PostgresCursorConstructor }),
  })
  return { db, pool, warmUp: (connections) => warmUp(pool, connections), close: () => db.destroy() }
}

async function warmUp(pool: pg.Pool, connections: number): Promise<void> {
  const missing = connections - pool.totalCount
  if (missing <= 0) return
  // idle ones are given first, and all at once: what is asked for beyond them is made
  const asked = Array.from({ length: missing + pool.idleCount }, async () => (await pool.connect()).release())
  await Promise.allSettled(asked)
}
