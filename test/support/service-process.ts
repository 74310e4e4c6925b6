import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { endWithUs } from './temporary.ts'
import { until } from './until.ts'

/** A process that starts on a machine that has many others to run. */
const READY_LIMIT_MS = 60_000

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

/** `bin/zonelog edge` or `writer` as an operator starts it by hand: a process that a test can kill. */
export class ServiceProcess {
  private readonly child: ChildProcess
  private output = ''
  readonly exited: Promise<number | string>

  /**
   * `main` is the command line of another release; `through` a program, with arguments, that runs it. With `logFile` its log goes there, as
   * in service, and not through this process.
   */
  constructor(
    command: 'edge' | 'writer',
    environment: Record<string, string>,
    {
      main = MAIN,
      through = [],
      logFile,
    }: { readonly main?: string; readonly through?: readonly string[]; readonly logFile?: string } = {},
  ) {
    const log = logFile === undefined ? 'pipe' : openSync(logFile, 'a')
    const line = [...through, process.execPath, '--disable-warning=ExperimentalWarning', main, command]
    this.child = spawn(line[0]!, line.slice(1), {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', log, log],
      detached: true,
    })
    endWithUs(this.child.pid!)
    if (typeof log === 'number') closeSync(log)
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk) => {
        this.output += chunk
      })
    this.exited = new Promise((resolve) =>
      this.child.on('exit', (code, signal) => resolve(signal ?? code ?? 0)),
    )
  }

  get pid(): number {
    return this.child.pid!
  }

  get log(): string {
    return this.output
  }

  /** Until its health address says that it is ready. */
  async ready(healthPort: number, limitMs = READY_LIMIT_MS): Promise<this> {
    await until(
      `the process is ready: ${this.output}`,
      async () => {
        if (this.child.exitCode !== null) throw new Error(`the process has ended: ${this.output}`)
        const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined)
        return answer?.ok ?? false
      },
      limitMs,
    )
    return this
  }

  /** SIGKILL: no chance to finish anything. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }

  async stop(): Promise<number | string> {
    this.child.kill('SIGTERM')
    return await this.exited
  }
}
