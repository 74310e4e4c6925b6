import { randomBytes } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { startPostgres } from '../../services/local/embedded-postgres.ts'
import { type RunningNats, startNats, stopNats } from '../../services/local/nats-server.ts'
import { freePort } from './free-port.ts'
import { toolPath } from './programs.ts'
import { endWithUs, temporaryFolder } from './temporary.ts'

export { freePort } from './free-port.ts'
export { pythonPath, toolPath } from './programs.ts'
export { temporaryFolder } from './temporary.ts'

/** How test/run.ts hands its Postgres to the test files. */
export const POSTGRES_VARIABLE = 'TEST_POSTGRES_URL'

let postgres: Promise<string> | undefined

/**
 * URL of a Postgres for tests, as its superuser: the one of this `npm test` run, or, for a test file that runs alone,
 * one that lives as long as this process.
 */
export function testPostgres(): Promise<string> {
  postgres ??= startTestPostgres()
  return postgres
}

async function startTestPostgres(): Promise<string> {
  const given = process.env[POSTGRES_VARIABLE]
  if (given !== undefined) return given
  const folder = temporaryFolder('postgres')

  await chmod(folder, 0o755) // as root, the server runs as another user
  const server = await startPostgres({
    home: join(folder, 'home'),
    port: await freePort(),
    logFile: join(folder, 'log'),
    say: () => {},
    // a killed process loses nothing without fsync; only a power cut would, and no test makes one
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300' },
  })
  endWithUs(server.child.pid)
  return server.url
}

export interface TestDatabase {
  readonly url: string
  /** Also closes connections that are still open. Left out, the database goes with the server. */
  drop(): Promise<void>
}

/** An empty database of its own on {@link testPostgres}. */
export async function createDatabase(): Promise<TestDatabase> {
  const server = await testPostgres()
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export interface TestNats {
  readonly url: string
  readonly port: number
  /** SIGKILL, as a crash. Streams stay on disk. */
  kill(): Promise<void>
  /** Starts it again on the same port with the same streams, after {@link kill} or {@link stop}. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** SIGSTOP: its connections stay, and it says nothing. */
  pause(): void
  resume(): void
}

/** A nats-server of its own with JetStream in a temporary folder. Ends with this process at the latest. */
export async function testNats(): Promise<TestNats> {
  const folder = temporaryFolder('nats')
  const port = await freePort()
  const launch = async (): Promise<RunningNats> => {
    const server = await startNats({
      program: toolPath('nats-server'),
      home: join(folder, 'home'),
      port,
      logFile: join(folder, 'log'),
    })
    endWithUs(server.child.pid)
    return server
  }
  let server = await launch()
  return {
    url: server.url,
    port,
    stop: () => stopNats(server.child),
    pause: () => void process.kill(server.child.pid, 'SIGSTOP'),
    resume: () => void process.kill(server.child.pid, 'SIGCONT'),
    kill: async () => {
      server.child.kill()
      await server.child.stop('SIGKILL', 5000)
    },
    restart: async () => {
      server = await launch()
    },
  }
}
