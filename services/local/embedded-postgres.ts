import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Child, endText } from './child.ts'
import { LocalFault } from './fault.ts'
import { type Account, handOver, postgresAccount } from './postgres-account.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { type PostgresPlace, postgresPlace } from './postgres-home.ts'
import { commandLine, identify, stopProcess } from './process-identity.ts'
import { lastLines, runCommand } from './run-command.ts'
import { createDatabaseOffline } from './store/create-database.ts'
import { waitUntil } from './wait-until.ts'

export interface PostgresOptions {
  /** Folder of its own: password and cluster. May become a link, see {@link postgresPlace}. */
  readonly home: string
  readonly port: number
  readonly logFile: string
  readonly say: (line: string) => void
  readonly onStart?: (child: Child) => void
  /** Server settings beyond ours. Only tests pass any. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface RunningPostgres {
  /** Of the database `zonelog`, as the superuser. */
  readonly url: string
  readonly version: string
  readonly child: Child
}

/** Fast shutdown: open transactions are rolled back, everything committed is kept. */
export async function stopPostgres(child: Child): Promise<void> {
  await child.stop('SIGINT', STOP_LIMIT_MS)
}

const USER = 'zonelog'
const DATABASE = 'zonelog'
const STOP_LIMIT_MS = 30_000
/** Recovery after a crash may replay a lot. */
const START_LIMIT_MS = 120_000

/** Starts a Postgres on 127.0.0.1, made at the first start, and resolves when it accepts connections. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { home, port, say } = options
  const account = await postgresAccount(say)
  const place = await postgresPlace(home, await postgresBinaries(), account, say)
  const cluster = join(place.home, 'data')
  if (!existsSync(cluster)) await createCluster(place, account, options.settings?.fsync !== 'off')
  await checkMajorVersion(cluster, place)
  await endLeftover(cluster, say)

  const child = await launch(cluster, place, account, options)
  const password = (await readFile(join(place.home, 'password'), 'utf8')).trim()
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`,
    version: place.binaries.version,
    child,
  }
}

/** Built beside its final place and renamed, so that a start cut short leaves nothing half made. */
async function createCluster(
  place: PostgresPlace,
  account: Account | undefined,
  isDurable: boolean,
): Promise<void> {
  const half = join(place.home, 'data.new')
  await rm(half, { recursive: true, force: true })
  const passwordFile = join(place.home, 'password')
  await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  await handOver(account, passwordFile)
  const user = { uid: account?.uid, gid: account?.gid }
  const wanted = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--data-checksums']
  const sync = isDurable ? { initdb: [], postgres: [] } : { initdb: ['--no-sync'], postgres: ['-F'] }
  const made = await runCommand(
    join(place.binaries.root, 'bin/initdb'),
    ['-D', half, `--username=${USER}`, `--pwfile=${passwordFile}`, ...wanted, ...sync.initdb],
    { ...user, cwd: place.home },
  )
  if (made.status !== 0) throw new LocalFault(`Postgres could not make its data folder:\n${lastLines(made)}`)
  const postgres = join(place.binaries.root, 'bin/postgres')
  await createDatabaseOffline(postgres, half, DATABASE, user, sync.postgres)
  await rename(half, join(place.home, 'data'))
}

async function checkMajorVersion(cluster: string, { binaries }: PostgresPlace): Promise<void> {
  const found = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (found === String(binaries.major)) return
  throw new LocalFault(
    `The data in ${cluster} was written by Postgres ${found}, but this zonelog runs Postgres ${binaries.version}.\n` +
      'Run the zonelog version that wrote it, or move the data with pg_dump and pg_restore.',
  )
}

/**
 * A postmaster whose supervisor was killed is stopped first. A pid file that names some other process is removed:
 * Postgres would take any process with that number for a running server.
 */
async function endLeftover(cluster: string, say: (line: string) => void): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid')
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0])
  if (!pid) return
  const running = await identify(pid)
  if (running !== undefined && (await commandLine(pid)).includes(cluster)) {
    say(`Stopping the Postgres (process ${pid}) that an earlier start left running …`)
    await stopProcess(running, 'SIGINT', STOP_LIMIT_MS)
  } else {
    await rm(pidFile, { force: true })
  }
}

async function launch(
  cluster: string,
  place: PostgresPlace,
  account: Account | undefined,
  { port, logFile, settings, onStart }: PostgresOptions,
): Promise<Child> {
  const ours = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
    ...settings,
  }
  const args = ['-D', cluster, ...Object.entries(ours).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = await Child.start(join(place.binaries.root, 'bin/postgres'), {
    args,
    logFile,
    cwd: cluster,
    uid: account?.uid,
    gid: account?.gid,
    onStart,
  })
  const ready = await waitUntil(
    async () => child.end !== undefined || (await isReady(cluster, child.pid)),
    START_LIMIT_MS,
  )
  if (child.end !== undefined) throw new LocalFault(`Postgres ended at start with ${endText(child.end)}`)
  if (!ready) {
    child.kill()
    throw new LocalFault(`Postgres was not ready within ${START_LIMIT_MS / 1000} s`)
  }
  return child
}

/** The postmaster writes its state in the eighth line of its pid file. */
async function isReady(cluster: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}
