import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './schema.ts'

const INT8 = 20

// ids, sequence numbers and serials stay below 2^53; everything else keeps pg's own reading
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')),
}

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
  close(): Promise<void>
}

/** A pool of at most `size` connections. Broken idle ones are replaced; their error goes to `onError`. */
export function connectDatabase(
  databaseUrl: string,
  applicationName: string,
  onError: (error: Error) => void,
  size = 8,
): DatabaseConnection {
  const pool = new pg.Pool({ ...connectionSettings(databaseUrl, applicationName), max: size })
  pool.on('error', onError)
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return { db, close: () => db.destroy() }
}
