import type { DataDirectory } from './data-directory.ts'
import { freePortFrom, isTcpPortFree } from './ports.ts'
import { readJson, writePrivateJson } from './private-json.ts'

/** A server that only zonelog itself talks to, and the port that the first start tries first. */
const DEFAULTS = { postgres: 54_329, nats: 42_229 } as const

type Server = keyof typeof DEFAULTS

const MOST_TRIES = 10

/** Ports of the internal servers: the same at every start, unless somebody else has taken one. */
export class InternalPorts {
  readonly #file: string
  readonly #say: (line: string) => void
  #ports: Partial<Record<Server, number>> = {}
  #written: Promise<void> = Promise.resolve()
  /** Where each server last ran, in this start or the one before. */
  #ranAt: Partial<Record<Server, number>> = {}

  constructor(data: DataDirectory, say: (line: string) => void) {
    this.#file = data.file('ports.json')
    this.#say = say
  }

  async read(): Promise<void> {
    this.#ports = ((await readJson(this.#file)) ?? {}) as Partial<Record<Server, number>>
    this.#ranAt = { ...this.#ports }
  }

  /**
   * Calls `start` with a port for this server; once more with another one when it fails and the port turns out to be taken,
   * by a program that was quicker than we.
   */
  async use(server: Server, start: (port: number) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      const port = await this.#choose(server)
      try {
        await start(port)
        this.#ranAt[server] = port
        return
      } catch (error) {
        if (tries === MOST_TRIES || (await isTcpPortFree('127.0.0.1', port))) throw error
      }
    }
  }

  async #choose(server: Server): Promise<number> {
    const before = this.#ports[server]
    const port = await freePortFrom(before ?? DEFAULTS[server], '127.0.0.1')
    if (before !== undefined && port !== before && before === this.#ranAt[server])
      this.#say(
        `Port ${before}, which ${server} had so far, is in use by another program; it gets ${port} now.`,
      )
    this.#ports[server] = port
    // one after another, so that what stays is the newest
    this.#written = this.#written.then(() => writePrivateJson(this.#file, this.#ports))
    await this.#written
    return port
  }
}
