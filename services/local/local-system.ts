import { existsSync } from 'node:fs'
import { type Endpoint, endpointText } from '../../shared/config/read.ts'
import type { Config } from '../../shared/config.ts'
import { checkAddresses } from './addresses.ts'
import type { DataDirectory } from './data-directory.ts'
import { startPostgres, stopPostgres } from './embedded-postgres.ts'
import { InternalPorts } from './internal-ports.ts'
import { ChildRecord } from './leftovers.ts'
import { natsProgram, natsVersion } from './nats-program.ts'
import { startNats, stopNats } from './nats-server.ts'
import { precede } from './precedence.ts'
import { writePrivateJson } from './private-json.ts'
import { reachable } from './reachable.ts'
import { type Readable, readableNats, readablePostgres, readableService } from './readable-log.ts'
import { startService, stopService } from './service-child.ts'
import { type Part, Supervised } from './supervisor.ts'

/** Everything that `zonelog start` runs on this machine. */
export class LocalSystem {
  readonly #config: Config
  readonly #data: DataDirectory
  readonly #say: (line: string) => void
  readonly #giveUp: (reason: string) => void
  readonly #record: ChildRecord
  /** In the order of their start; stopped from the end. */
  readonly #running: Supervised[] = []
  /** Where the servers are now; what services started by hand and the command line read from run.json. */
  readonly #servers: { databaseUrl?: string; natsUrl?: string } = {}
  #stopping = false

  constructor(
    config: Config,
    data: DataDirectory,
    say: (line: string) => void,
    giveUp: (reason: string) => void,
  ) {
    this.#config = config
    this.#data = data
    this.#say = say
    this.#giveUp = giveUp
    this.#record = new ChildRecord(data)
  }

  /** Resolves when the writer and the edge serve; throws with what a person has to know. */
  async start(): Promise<void> {
    await this.#record.stopLeftovers(this.#say)
    await checkAddresses(this.#config)
    const ports = new InternalPorts(this.#data, this.#say)
    await ports.read()
    const [databaseUrl] = await Promise.all([this.#postgres(ports), this.#nats(ports)])
    await this.#migrate(databaseUrl)
    // the writer makes the master key of a new installation, and an edge cannot start without it
    const { present } = this.#config.masterKeys
    if (present.kind === 'file' && !existsSync(present.file)) await this.#writer()
    else await Promise.all([this.#writer(), this.#edge()])
    if (!this.#running.some((part) => part.name === 'edge')) await this.#edge()
  }

  /** Edge, writer, NATS, Postgres: nobody loses a server that it still needs. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const name of ['edge', 'writer', 'nats', 'postgres'])
      for (const part of this.#running) if (part.name === name) await part.stop()
  }

  kill(): void {
    this.#stopping = true
    for (const part of this.#running) part.kill()
  }

  async #postgres(ports: InternalPorts): Promise<string> {
    if (this.#config.externalDatabase) {
      this.#say('  Postgres   the one of ZONELOG_DATABASE_URL')
      await this.#serverIsAt('databaseUrl', this.#config.databaseUrl!)
      return this.#config.databaseUrl!
    }
    let url = ''
    let version = ''
    const [home, logFile, say] = [this.#data.file('postgres'), this.#logFile('postgres'), this.#say]
    await this.#run('postgres', readablePostgres, stopPostgres, (onStart) =>
      ports.use('postgres', async (port) => {
        const started = await startPostgres({ home, port, logFile, say, onStart })
        url = started.url
        version = started.version
        await this.#serverIsAt('databaseUrl', url)
      }),
    )
    this.#say(`  Postgres   ${version}, ${new URL(url).host}`)
    return url
  }

  async #nats(ports: InternalPorts): Promise<void> {
    if (this.#config.externalNats) {
      this.#say('  NATS       the one of ZONELOG_NATS_URL')
      return await this.#serverIsAt('natsUrl', this.#config.natsUrl!)
    }
    const program = await natsProgram({ cacheDir: this.#data.file('programs'), say: this.#say })
    let url = ''
    const [home, logFile] = [this.#data.file('nats'), this.#logFile('nats')]
    await this.#run('nats', readableNats, stopNats, (onStart) =>
      ports.use('nats', async (port) => {
        url = (await startNats({ program, home, port, logFile, onStart })).url
        await this.#serverIsAt('natsUrl', url)
      }),
    )
    this.#say(`  NATS       ${await natsVersion(program)}, ${new URL(url).host}`)
  }

  /** A server that ended may come back at another port, when somebody was quicker to take the old one: services must follow it. */
  async #serverIsAt(which: 'databaseUrl' | 'natsUrl', url: string): Promise<void> {
    const before = this.#servers[which]
    this.#servers[which] = url
    await writePrivateJson(this.#data.file('run.json'), { pid: process.pid, ...this.#servers })
    if (before === undefined || before === url) return
    for (const part of this.#running)
      if (part.name === 'writer' || part.name === 'edge') void part.startAnew()
  }

  async #migrate(databaseUrl: string): Promise<void> {
    const { migrateToLatest } = await import('../../shared/database/migrate.ts')
    const applied = await migrateToLatest(databaseUrl, (wait) => this.#say(`  database   ${wait}`))
    if (applied.length > 0) this.#say(`  database   ${applied.length} migrations applied`)
  }

  #writer(): Promise<void> {
    return this.#service('writer', this.#config.apiListen)
  }

  #edge(): Promise<void> {
    return this.#service('edge', this.#config.edgeHttpListen)
  }

  async #service(name: 'edge' | 'writer', listen: Endpoint): Promise<void> {
    const httpUrl = `http://${endpointText(reachable(listen))}`
    const logFile = this.#logFile(name)
    await this.#run(name, readableService, stopService, (onStart) =>
      startService({
        command: name,
        httpUrl,
        logFile,
        onStart: (child) => {
          onStart(child)
          if (name === 'edge') this.#precede(child.pid)
        },
      }),
    )
    this.#say(`  ${name.padEnd(10)} ready`)
  }

  /** An answer takes the edge less than a tenth of a millisecond, and a client waits for it; an update can wait for a few. */
  #precede(pid: number): void {
    const { edgeNice, logLevel } = this.#config
    if (edgeNice === 0) return
    const isAllowed = precede(pid, edgeNice)
    if (logLevel !== 'debug') return
    const how = isAllowed
      ? `goes before the other services, nice ${edgeNice}`
      : 'shares processors equally with the other services: only root may let it go before them'
    this.#say(`  edge       ${how}`)
  }

  async #run(name: string, readable: Readable, stop: Part['stop'], launch: Part['launch']): Promise<void> {
    if (this.#stopping) throw new Error('stopping')
    const part = { name, logFile: this.#logFile(name), readable, stop, launch }
    const around = { record: this.#record, say: this.#say, giveUp: this.#giveUp }
    const supervised = new Supervised(part, around)
    this.#running.push(supervised)
    await supervised.start()
  }

  #logFile(name: string): string {
    return this.#data.file(`logs/${name}.log`)
  }
}
