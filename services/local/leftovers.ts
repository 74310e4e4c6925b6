import type { DataDirectory } from './data-directory.ts'
import { readJson, writePrivateJson } from './private-json.ts'
import { isRunning, type ProcessIdentity, stopProcess } from './process-identity.ts'

/** In the order in which they are stopped: nobody loses a server that it still needs. */
const STOPS = [
  { name: 'edge', signal: 'SIGTERM', limitMs: 8_000 },
  { name: 'writer', signal: 'SIGTERM', limitMs: 8_000 },
  { name: 'nats', signal: 'SIGINT', limitMs: 10_000 },
  { name: 'postgres', signal: 'SIGINT', limitMs: 30_000 },
] as const

/** Children that run now, for a later start to know them by. */
export class ChildRecord {
  readonly #file: string
  #written: Promise<void> = Promise.resolve()
  readonly #children = new Map<string, ProcessIdentity>()

  constructor(data: DataDirectory) {
    this.#file = data.file('children.json')
  }

  /** Writes one after another. A failure is let go: services end by themselves, Postgres is known by its own pid file. */
  add(name: string, child: ProcessIdentity | undefined): Promise<void> {
    if (child === undefined) this.#children.delete(name)
    else this.#children.set(name, child)
    const children = Object.fromEntries(this.#children)
    this.#written = this.#written.then(() => writePrivateJson(this.#file, children)).catch(() => {})
    return this.#written
  }

  /** Ends whatever a supervisor that was killed has left running. */
  async stopLeftovers(say: (line: string) => void): Promise<void> {
    const recorded = ((await readJson(this.#file)) ?? {}) as Record<string, ProcessIdentity>
    for (const { name, signal, limitMs } of STOPS) {
      const left = recorded[name]
      if (left === undefined || !(await isRunning(left))) continue
      say(`Stopping ${name} (process ${left.pid}), left running by a start that was killed …`)
      await stopProcess(left, signal, limitMs)
    }
  }
}
