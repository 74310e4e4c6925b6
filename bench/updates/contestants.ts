import { pin, pinFamily } from '../machine.ts'
import { limitProcessor } from './budget.ts'
import { type Case, WARM, zoneFiles } from './cases.ts'
import { load } from './client.ts'
import type { Options, Peer } from './options.ts'
import { startPowerDns } from './powerdns.ts'
import { answersForAll, startBind, startKnot, type UpdatedServer, type ZoneFiles } from './servers.ts'
import { placement, type SystemSetup } from './systems.ts'
import { startZonelog } from './zonelog.ts'

/** A server that is measured, and how many records its zone has. */
export interface Contestant extends UpdatedServer {
  readonly records: number
}

const STARTS: Readonly<Record<Peer, (files: ZoneFiles, records: number) => Promise<UpdatedServer>>> = {
  bind: startBind,
  knot: startKnot,
  powerdns: startPowerDns,
}

/** The servers that a group of cases needs, all with the same zones. */
export class Contestants {
  private readonly options: Options
  private readonly cases: readonly Case[]
  private readonly started = new Map<SystemSetup | Peer, Contestant>()
  private readonly files = new Map<number, ZoneFiles>()
  private readonly releases: (() => void)[] = []

  constructor(options: Options, cases: readonly Case[]) {
    this.options = options
    this.cases = cases
  }

  /** Ours before the others. */
  get all(): Contestant[] {
    const { setups, peers } = this.options
    return [...setups, ...peers].flatMap((one) => this.started.get(one) ?? [])
  }

  /** Our systems one after the other, the other servers meanwhile. */
  async start(records: number): Promise<void> {
    const ours = async () => {
      for (const setup of this.options.setups) {
        const count = setup.records ?? records
        const server = await startZonelog(setup, this.filesOf(count), (line) => say(setup.name, line))
        await this.ready(setup, server, count)
      }
    }
    const peers = this.options.peers.map(async (peer) => {
      await this.ready(peer, await STARTS[peer](this.filesOf(records), records), records)
    })
    // all of them, so that those that did start are stopped when one does not
    for (const end of await Promise.allSettled([ours(), ...peers]))
      if (end.status === 'rejected') throw end.reason
    if (this.options.isPinned) this.pinAll()
    // programs that compile as they go, caches and tables are as they are in service
    for (const server of this.all) await this.warmUp(server)
    if (this.options.budget > 0) this.limitAll()
  }

  async stop(): Promise<void> {
    for (const release of this.releases) release()
    for (const server of this.all) await server.stop()
    if (this.options.isPinned) pin(process.pid, allProcessors(this.options))
  }

  private async ready(key: SystemSetup | Peer, server: UpdatedServer, records: number): Promise<void> {
    this.started.set(key, { ...server, records })
    await answersForAll(server, this.filesOf(records))
    say(server.name, 'answers for all zones')
  }

  private filesOf(records: number): ZoneFiles {
    const files = this.files.get(records) ?? zoneFiles(this.cases, records)
    this.files.set(records, files)
    return files
  }

  private pinAll(): void {
    const { processors, setups } = this.options
    const pairs = Math.max(...setups.flatMap(({ edges, writers }) => [edges, writers]))
    const { pair, others } = placement(processors, pairs)
    for (const [part, pids] of this.all.flatMap(({ parts }) => [...parts]))
      for (const [index, pid] of pids.entries())
        pinFamily(pid, part === 'edge' || part === 'writer' ? [pair(index)] : others)
    // what this process starts from now on, the client for one, stays there
    pin(process.pid, others)
  }

  private limitAll(): void {
    for (const { parts } of this.all)
      for (const pid of [...(parts.get('edge') ?? []), ...(parts.get('writer') ?? [])])
        this.releases.push(limitProcessor(pid, this.options.budget))
  }

  /** Where there are many zones, each writer has some of them. */
  private async warmUp(server: Contestant): Promise<void> {
    const { warm, sockets } = this.options
    const many = this.cases.find(({ zones }) => zones > 0)
    const loads = many === undefined ? [WARM] : [WARM, many]
    for (const one of loads)
      await load(
        server.port,
        one,
        { prefix: 'warm-', from: 0 },
        { seconds: Math.ceil(warm / loads.length), sockets },
      )
    say(server.name, 'is warm')
  }
}

function allProcessors({ processors }: Options): number[] {
  return Array.from({ length: processors }, (_, index) => index)
}

/** A line of progress, with the seconds since the start. */
export function say(name: string, line: string): void {
  console.error(`[${(performance.now() / 1_000).toFixed(0)} s] ${name}: ${line}`)
}
