import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { precede } from '../../../services/local/precedence.ts'
import { until } from '../../support/until.ts'
import { type Guard, signalGroup } from './guard.ts'

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url))

/** A process that starts on two full cores beside twenty others would take 20 s for what takes it one, and hold up all faults behind it. */
const STARTING = -10

export interface ServiceOptions {
  readonly command: 'edge' | 'writer'
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  readonly healthPort: number
  readonly logFile: string
  /** Before the program, such as `--import`. */
  readonly nodeOptions: readonly string[]
}

interface More {
  readonly environment?: Record<string, string>
  readonly nodeOptions?: readonly string[]
}

export interface Ending {
  readonly status: number | string
  readonly ms: number
}

/** `bin/zonelog edge` or `writer` as a process that is killed, paused, and started again at the same addresses. */
export class ServiceUnderFire {
  readonly options: ServiceOptions
  private readonly guard: Guard
  private child: ChildProcess | undefined
  private more: More = {}
  private exited: Promise<number | string> = Promise.resolve(0)
  /** How it ended where it did so at its start, and was started again, as whatever runs services does. */
  readonly failedStarts: string[] = []
  /** Told of each life that begins. */
  onStart: () => void = () => {}
  /** Whether it is meant to answer now. */
  isUp = false

  constructor(options: ServiceOptions, guard: Guard) {
    this.options = options
    this.guard = guard
  }

  get name(): string {
    return this.options.name
  }

  get pid(): number | undefined {
    return this.child?.pid
  }

  /** Does not wait until it is ready. `more` holds for this one life. */
  start(more: More = {}): void {
    this.more = more
    const { command, environment, logFile, nodeOptions } = this.options
    const log = openSync(logFile, 'a')
    const before = ['--disable-warning=ExperimentalWarning', ...nodeOptions, ...(more.nodeOptions ?? [])]
    const child = spawn(process.execPath, [...before, MAIN, command], {
      env: { PATH: process.env.PATH, ...environment, ...more.environment },
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    this.onStart()
    this.child = child
    this.guard.add(child.pid!)
    precede(child.pid!, STARTING)
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.guard.remove(child.pid!)
        resolve(signal ?? code ?? 0)
      })
    })
  }

  /** One that ends meanwhile is started again, and that is written down. */
  async ready(limitMs = 60_000): Promise<void> {
    const { healthPort, name, logFile } = this.options
    await until(
      `${name} is ready (see ${logFile})`,
      async () => {
        if (this.hasEnded) {
          this.failedStarts.push(`${name} ended at its start with ${await this.exited}`)
          this.start(this.more)
        }
        const limit = { signal: AbortSignal.timeout(1_000) }
        const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`, limit).catch(() => undefined)
        return answer?.ok ?? false
      },
      limitMs,
    )
    this.isUp = true
    precede(this.pid!, 0)
  }

  async kill(): Promise<void> {
    this.isUp = false
    this.signal('SIGKILL')
    await this.exited
  }

  /** In order, by SIGTERM. */
  async stop(): Promise<Ending> {
    this.isUp = false
    const began = performance.now()
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), 30_000)
    const status = await this.exited
    clearTimeout(timer)
    return { status, ms: performance.now() - began }
  }

  pause(): void {
    this.isUp = false
    this.signal('SIGSTOP')
  }

  resume(): void {
    this.signal('SIGCONT')
    this.isUp = true
  }

  private get hasEnded(): boolean {
    return this.child !== undefined && (this.child.exitCode !== null || this.child.signalCode !== null)
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.child?.pid !== undefined && !this.hasEnded) signalGroup(this.child.pid, signal)
  }
}
