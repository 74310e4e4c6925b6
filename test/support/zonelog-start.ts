import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './infrastructure.ts'
import { testPath } from './programs.ts'
import { temporaryFolder, temporaryInstallation } from './temporary.ts'
import { until } from './until.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/zonelog', import.meta.url))

/** Addresses and data directory of one installation; several starts may follow one another on it. */
export interface Installation {
  readonly dataDir: string
  readonly dnsPort: number
  readonly edgeHttpPort: number
  readonly apiPort: number
  readonly environment: Readonly<Record<string, string>>
}

export interface StartOptions {
  /** Variables beside the installation's. */
  readonly more?: Readonly<Record<string, string>>
  /** Runs as this user, when we are root. */
  readonly uid?: number
  readonly gid?: number
  /** Another copy of bin/zonelog, see {@link launcherFor}. */
  readonly launcher?: string
}

/** A new, empty installation. What a killed start leaves running on it ends with this process. */
export async function installation(): Promise<Installation> {
  const folder = temporaryInstallation()
  await chmod(folder, 0o755) // as root, Postgres runs as another user
  const dataDir = join(folder, 'data')
  const [dnsPort, edgeHttpPort, apiPort] = [await freePort(), await freePort(), await freePort()]
  const environment = {
    ZONELOG_DATA_DIR: dataDir,
    ZONELOG_DNS_LISTEN: `127.0.0.1:${dnsPort}`,
    ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${edgeHttpPort}`,
    ZONELOG_API_LISTEN: `127.0.0.1:${apiPort}`,
  }
  return { dataDir, dnsPort, edgeHttpPort, apiPort, environment }
}

/** A launcher that this user reaches: ours, or that of a copy where our folder is closed to others. */
export function launcherFor(uid: number, gid: number): string {
  const reaches = spawnSync(LAUNCHER, ['--version'], { uid, gid, cwd: '/' }).status === 0
  if (reaches) return LAUNCHER
  const copy = temporaryFolder('checkout')
  chmodSync(copy, 0o755)
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const parts = [
    'bin',
    'cli',
    'services',
    'shared',
    'migrations',
    'node_modules',
    'package.json',
    'package-lock.json',
  ]
  const sources = parts.map((part) => join(root, part))
  // hard links where the file system allows them
  const linked = spawnSync('cp', ['-al', ...sources, copy]).status === 0
  if (!linked) execFileSync('cp', ['-a', ...sources, copy])
  return join(copy, 'bin', 'zonelog')
}

/** A running `bin/zonelog start`. */
export class ZonelogStart {
  readonly #process: ChildProcess
  readonly #dataDir: string
  #output = ''
  /** Exit status; null after a signal. */
  readonly ended: Promise<number | null>

  /** Begins a start; it may yet fail. */
  constructor(
    { dataDir, environment }: Installation,
    { more, uid, gid, launcher = LAUNCHER }: StartOptions = {},
  ) {
    this.#dataDir = dataDir
    const env = { ...process.env, ...environment, ...more }
    this.#process = spawn(launcher, ['start'], { env, uid, gid, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#process.stdout!, this.#process.stderr!] as Socket[]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk
      })
      stream.unref() // after a failed test it must not hold this process open
    }
    this.#process.unref()
    this.ended = new Promise((resolve) => this.#process.once('close', resolve))
  }

  /** A start that has got to the end of its announcement. */
  static async running(where: Installation, options: StartOptions = {}): Promise<ZonelogStart> {
    const start = new ZonelogStart(where, options)
    const runs = until('zonelog runs', () => start.output.includes('Try it from'), 60_000)
    const failed = start.ended.then((status) => {
      throw new Error(`zonelog start ended with ${status}:\n${start.output}`)
    })
    failed.catch(() => {})
    await Promise.race([runs, failed])
    return start
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#output
  }

  /** The commands that it offers for pasting: one nsupdate, one dig. */
  get commands(): string[] {
    return this.#output.split('\n').filter((line) => /^ {2}(printf|dig) /.test(line))
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** As Ctrl-C does. */
  async stop(): Promise<number | null> {
    this.signal('SIGINT')
    return await this.ended
  }

  /** Process ids of its children by name. */
  children(): Record<string, number> {
    const recorded = JSON.parse(readFileSync(join(this.#dataDir, 'children.json'), 'utf8')) as Record<
      string,
      { pid: number }
    >
    return Object.fromEntries(Object.entries(recorded).map(([name, { pid }]) => [name, pid]))
  }
}

/** Runs a command line as if pasted into a shell, in `cwd`. */
export function paste(line: string, cwd?: string): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const shell = spawn('sh', ['-c', line], {
      cwd,
      env: { ...process.env, PATH: testPath() },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
    shell.once('close', (status) => resolve({ status, output }))
  })
}

/** True while a process of this number runs and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/\) [ZX] /.test(stat)
  } catch {
    return false
  }
}
