import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { Child } from '../../../services/local/child.ts'
import { startPostgres } from '../../../services/local/embedded-postgres.ts'
import { type Account, handOver, postgresAccount } from '../../../services/local/postgres-account.ts'
import { postgresBinaries } from '../../../services/local/postgres-binaries.ts'
import { runCommand } from '../../../services/local/run-command.ts'
import { freePort } from '../../support/infrastructure.ts'
import { until } from '../../support/until.ts'
import type { Guard } from './guard.ts'

const STANDBY = 'standby'
const DISK_SIZE = '1500m'
/** Far longer than Postgres needs to see that one of its processes was killed. */
const CRASH_MS = 10_000
/** Room for three writers' pools and for the harness. */
const SETTINGS = {
  max_connections: '200',
  shared_buffers: '64MB',
  wal_keep_size: '128MB',
  max_wal_size: '256MB',
}

/** A Postgres, and a standby that it waits for with each commit where one was made. */
export class PostgresUnderFire {
  /** Of the server that is the primary now. */
  port: number
  readonly folder: string
  /** Whether the folder is a file system of its own, which may be filled. */
  readonly hasOwnDisk: boolean
  private readonly guard: Guard
  private readonly settings: Readonly<Record<string, string>>
  private home: string
  private child: Child | undefined
  private url = ''
  private standbys = 0
  private standby: { readonly child: Child; readonly port: number; readonly home: string } | undefined

  private constructor(
    folder: string,
    port: number,
    settings: Readonly<Record<string, string>>,
    guard: Guard,
    hasOwnDisk: boolean,
  ) {
    this.folder = folder
    this.hasOwnDisk = hasOwnDisk
    this.port = port
    this.settings = { ...SETTINGS, ...settings }
    this.guard = guard
    this.home = join(folder, 'primary')
  }

  static async start(
    folder: string,
    settings: Readonly<Record<string, string>>,
    guard: Guard,
    ownDisk: boolean,
  ): Promise<PostgresUnderFire> {
    await mkdir(folder, { recursive: true, mode: 0o755 })
    if (ownDisk) await mountOwnDisk(folder, guard)
    const postgres = new PostgresUnderFire(folder, await freePort(), settings, guard, ownDisk)
    await postgres.restart()
    return postgres
  }

  /** Of the primary, as it can be reached at another port. */
  urlAt(port: number): string {
    const url = new URL(this.url)
    url.port = String(port)
    return url.href
  }

  get hasEnded(): boolean {
    return this.child?.end !== undefined
  }

  get hasStandby(): boolean {
    return this.standby !== undefined
  }

  /** After {@link stopAtOnce}. */
  async restart(): Promise<void> {
    const { url, child } = await startPostgres({
      home: this.home,
      port: this.port,
      logFile: join(this.folder, 'primary.log'),
      say: () => {},
      settings: this.settings,
    })
    this.url = url
    this.watch(child)
  }

  /** Immediate shutdown (SIGQUIT): as a crash, nothing is finished. */
  async stopAtOnce(): Promise<void> {
    await this.child?.stop('SIGQUIT', 20_000)
  }

  /** Fast shutdown, as an operator restarts it. */
  async stopInOrder(): Promise<void> {
    await this.child?.stop('SIGINT', 30_000)
  }

  async pause(): Promise<void> {
    for (const pid of await this.processes()) signalProcess(pid, 'SIGSTOP')
  }

  async resume(): Promise<void> {
    for (const pid of await this.processes()) signalProcess(pid, 'SIGCONT')
  }

  /** Kills a process that serves a writer: Postgres then ends all of them and recovers. Resolves when it has begun to. */
  async killBackend(): Promise<void> {
    const witness = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5_000 })
    const ended = new Promise((resolve) => witness.once('end', resolve))
    witness.on('error', () => {})
    await witness.connect()
    const { rows } = await witness.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name like 'zonelog writer%' limit 1`,
    )
    if (rows[0] !== undefined && signalProcess(rows[0].pid, 'SIGKILL'))
      await Promise.race([ended, delay(CRASH_MS)])
    await witness.end().catch(() => {})
  }

  /** A copy that follows, and without whose word no commit is acknowledged (synchronous replication). */
  async addStandby(): Promise<void> {
    const account = await postgresAccount(() => {})
    this.standbys += 1
    const home = join(this.folder, `${STANDBY}-${this.standbys}`)
    await this.copyTo(home, account)
    const port = await freePort()
    const child = await this.launchStandby(home, port, account)
    this.standby = { child, port, home }
    await until('the standby streams', async () => {
      const { rows } = await this.query('select 1 from pg_stat_replication where state = $1', ['streaming'])
      return rows.length > 0
    })
    await this.query(`alter system set synchronous_standby_names = '${STANDBY}'`)
    await this.query('select pg_reload_conf()')
    await until('commits wait for the standby', async () => {
      const { rows } = await this.query('select 1 from pg_stat_replication where sync_state = $1', ['sync'])
      return rows.length > 0
    })
  }

  /** The primary is killed for good and the standby takes its place, alone until another one is added. */
  async failOver(): Promise<void> {
    const standby = this.standby
    if (standby === undefined) throw new Error('there is no standby')
    this.standby = undefined
    await this.stopAtOnce()
    this.port = standby.port
    this.url = this.urlAt(standby.port)
    this.home = standby.home
    this.child = standby.child
    await this.query('select pg_promote(true, 60)')
  }

  async query<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<pg.QueryResult<T>> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.query<T>(text, values)
    } finally {
      await client.end().catch(() => {})
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.standby?.child.stop('SIGQUIT', 10_000), this.stopAtOnce()])
    if (this.hasOwnDisk) await runCommand('umount', ['-l', this.folder])
  }

  private watch(child: Child): void {
    this.child = child
    this.guard.add(child.pid)
    void child.ended.then(() => this.guard.remove(child.pid))
  }

  /** The postmaster and its children, each of which leads a process group of its own. */
  private async processes(): Promise<number[]> {
    const postmaster = this.child?.end === undefined ? this.child?.pid : undefined
    if (postmaster === undefined) return []
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')))
    const children = pids.filter((_, index) => {
      const afterName = stats[index]!.slice(stats[index]!.lastIndexOf(')') + 2)
      return Number(afterName.split(' ')[1]) === postmaster
    })
    return [postmaster, ...children.map(Number)]
  }

  /** By the low-level API: the embedded Postgres comes without pg_basebackup. */
  private async copyTo(home: string, account: Account | undefined): Promise<void> {
    const client = new pg.Client({ connectionString: this.url })
    await client.connect()
    await client.query(`select pg_backup_start('standby', true)`)
    const from = join(this.home, 'data')
    const to = join(home, 'data')
    await mkdir(home, { mode: 0o700 })
    await handOver(account, home)
    await copyLive(from, to)
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop()')
    await client.end()
    await writeFile(join(to, 'backup_label'), rows[0]!.labelfile)
    await writeFile(join(to, 'standby.signal'), '')
    await cp(join(this.home, 'password'), join(home, 'password'))
    await rm(join(to, 'postgresql.auto.conf'))
    await writeFile(join(to, 'postgresql.auto.conf'), '')
    await ownAll(account, home)
  }

  private async launchStandby(home: string, port: number, account: Account | undefined): Promise<Child> {
    const { username, password } = new URL(this.url)
    const settings = {
      ...this.settings,
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      // by default 5 s, for which no commit would be acknowledged after each restart of the primary
      wal_retrieve_retry_interval: '500ms',
      primary_conninfo: `host=127.0.0.1 port=${this.port} user=${username} password=${password} application_name=${STANDBY}`,
    }
    const { root } = await postgresBinaries()
    const child = await Child.start(join(root, 'bin/postgres'), {
      args: [
        '-D',
        join(home, 'data'),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      logFile: join(this.folder, 'standby.log'),
      cwd: join(home, 'data'),
      uid: account?.uid,
      gid: account?.gid,
    })
    this.guard.add(child.pid)
    void child.ended.then(() => this.guard.remove(child.pid))
    await until('the standby answers', async () => {
      if (child.end !== undefined) throw new Error(`the standby has ended, see ${this.folder}/standby.log`)
      const state = await readFile(join(home, 'data/postmaster.pid'), 'utf8').catch(() => '')
      return /^(?:ready|standby)/.test(state.split('\n')[7] ?? '')
    })
    return child
  }
}

/** False where it has ended meanwhile. */
function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Files that a backup leaves out; Postgres makes them, and takes them away, as it likes. */
const NOT_COPIED = /\/(?:postmaster\.(?:pid|opts)|pg_internal\.init|pgsql_tmp.*|.*\.tmp)$/
const TRIES = 5

/** A folder in which files come and go meanwhile. */
async function copyLive(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await cp(from, to, { recursive: true, filter: (path) => !NOT_COPIED.test(path) })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === TRIES) throw error
      await rm(to, { recursive: true })
    }
  }
}

/** A file system in memory, which needs root. */
async function mountOwnDisk(folder: string, guard: Guard): Promise<void> {
  const mounted = await runCommand('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${DISK_SIZE},mode=0755`,
    'chaos',
    folder,
  ])
  if (mounted.status !== 0) throw new Error(`a disk of its own for Postgres needs root: ${mounted.stderr}`)
  guard.whenGone('umount -l "$1"', folder)
}

async function ownAll(account: Account | undefined, path: string): Promise<void> {
  if (account === undefined || !existsSync(path)) return
  await handOver(account, path)
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }))
    await handOver(account, join(entry.parentPath, entry.name))
}
