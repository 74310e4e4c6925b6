import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { sendSignal } from './process-identity.ts'

export interface ChildOptions {
  readonly args: readonly string[]
  /** Output is appended here by the child itself, so that it goes on after our death. */
  readonly logFile: string
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
  /** Told of the child as soon as there is one, long before it is ready. */
  readonly onStart?: (child: Child) => void
  /** An IPC channel; a service ends itself when it closes. */
  readonly ipc?: boolean
}

export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A long-running process in a process group of its own: Ctrl-C at the terminal reaches only us. */
export class Child {
  readonly pid: number
  /** Resolves when it has ended, whatever the reason. */
  readonly ended: Promise<ChildEnd>
  /** Resolves when it says so on its IPC channel; never without one. */
  readonly saidReady: Promise<void>
  readonly #process: ChildProcess
  #end: ChildEnd | undefined

  /** Throws when the program cannot be started. */
  static async start(file: string, options: ChildOptions): Promise<Child> {
    const log = openSync(options.logFile, 'a', 0o600)
    try {
      const { args, cwd, uid, gid, ipc } = options
      const process = spawn(file, args, {
        cwd,
        uid,
        gid,
        detached: true,
        stdio: ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
      })
      await once(process, 'spawn')
      const child = new Child(process)
      options.onStart?.(child)
      return child
    } finally {
      closeSync(log)
    }
  }

  private constructor(child: ChildProcess) {
    this.#process = child
    this.pid = child.pid!
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = { code, signal }
        resolve(this.#end)
      })
    })
    this.saidReady = new Promise((resolve) => {
      child.on('message', (message) => {
        if (typeof message === 'object' && message !== null && 'ready' in message) resolve()
      })
    })
    // a test process, or a supervisor that gives up, must not be held open by it
    child.unref()
    child.channel?.unref()
  }

  /** How it ended; undefined while it runs. */
  get end(): ChildEnd | undefined {
    return this.#end
  }

  /** Asks it to end and resolves when it has; after `limitMs` its whole group is killed. */
  async stop(signal: NodeJS.Signals, limitMs: number): Promise<ChildEnd> {
    if (this.#end !== undefined) return this.#end
    sendSignal(this.pid, signal)
    // an open channel would keep it from ending by itself
    if (this.#process.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.kill(), limitMs)
    const end = await this.ended
    clearTimeout(timer)
    return end
  }

  /** SIGKILL to it and to all that it started. */
  kill(): void {
    if (this.#end === undefined) sendSignal(-this.pid, 'SIGKILL')
  }
}

/** `exit code 1` or `signal SIGKILL`. */
export function endText(end: ChildEnd): string {
  return end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`
}
