import assert from 'node:assert/strict'
import { rcodeToText } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { BindServer } from '../support/bind.ts'
import { knowsZones } from '../support/client-system.ts'
import { DnsClient, keyOf, sendTcp, signed } from '../support/dns-client.ts'
import { type RunningEdge, TestSystem } from '../support/system.ts'
import { transfer } from '../support/transfer.ts'
import { until } from '../support/until.ts'
import { comparable } from './side-by-side.ts'

export interface PolicyZone {
  readonly name: Name
  /** The same list in the words of each. */
  readonly ours: readonly string[]
  readonly bind: readonly string[]
}

/** zonelog and BIND with the same keys, and the same zones under the same rules. Pairs have ours first. */
export class PolicyContest {
  readonly keys = new Map<Name, TsigKey>()
  private readonly system: TestSystem
  private readonly api: AdminApi
  private readonly edge: RunningEdge
  private readonly bind: BindServer
  private readonly clients: readonly [DnsClient, DnsClient]

  private constructor(
    system: TestSystem,
    api: AdminApi,
    edge: RunningEdge,
    bind: BindServer,
    clients: readonly [DnsClient, DnsClient],
  ) {
    this.system = system
    this.api = api
    this.edge = edge
    this.bind = bind
    this.clients = clients
  }

  static async start(
    zones: readonly PolicyZone[],
    keyNames: Iterable<Name>,
    zoneFile: string,
  ): Promise<PolicyContest> {
    const { system, api, edge } = await TestSystem.start()
    const keys = new Map<Name, TsigKey>()
    let clauses = ''
    for (const name of new Set(keyNames)) {
      const created = await api.createKey(name)
      keys.set(name, keyOf(created))
      clauses += created.clause
    }
    for (const { name, ours } of zones) {
      await api.createZone(name, { file: zoneFile })
      await api.put(`/v1/zones/${name}/rules`, { rules: ours })
    }
    const policies = new Map(zones.map(({ name, bind }): [string, string] => [name, bind.join('\n')]))
    const bind = await BindServer.withZones([...policies.keys()], zoneFile, {
      keys: clauses,
      clause: (zone) => `update-policy { ${policies.get(zone)} };`,
    })
    await knowsZones(edge, zones.length)
    const clients = [await DnsClient.to(edge.port), await DnsClient.to(bind.address.port)] as const
    const contest = new PolicyContest(system, api, edge, bind, clients)
    for (const [name, key] of keys) contest.keys.set(name, key)
    return contest
  }

  /** Sends the same message to both, signed if a key is given. */
  async ask(message: Uint8Array, key: Name | undefined, overTcp = false): Promise<[string, string]> {
    const bytes = key === undefined ? message : signed(message, this.keys.get(key)!)
    if (!overTcp) return await this.each((client) => client.rcode(bytes))
    const ports = [this.edge.port, this.bind.address.port] as const
    const answers = await Promise.all(ports.map((port) => sendTcp(port, bytes)))
    return answers.map(({ header }) => rcodeToText(header.rcode)) as [string, string]
  }

  /** Records that only one of the two has, the SOA apart. */
  async differing(zone: Name): Promise<string[]> {
    const parsed = parseZoneFile(await this.api.export(zone), { origin: zone })
    assert.ok(parsed.ok)
    const sides = [parsed.records, await transfer(this.bind.address, zone)] as const
    const [ours, theirs] = sides.map((records) => new Set(records.map(comparable).filter(isNotSoa)))
    return [
      ...[...ours!.difference(theirs!)].map((line) => `  only ours: ${line}`),
      ...[...theirs!.difference(ours!)].map((line) => `  only theirs: ${line}`),
    ]
  }

  /** Until the edge has heard of the newest rules: those of a zone that nobody may update but by them. */
  async admits(message: () => Uint8Array, key: Name): Promise<void> {
    await until('the edge knows the rules', async () => {
      const rcode = await this.clients[0].rcode(signed(message(), this.keys.get(key)!))
      return rcode === 'NOERROR'
    })
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close()
    await this.bind.stop()
    await this.system.close()
  }

  private async each<T>(ask: (client: DnsClient) => Promise<T>): Promise<[T, T]> {
    return await Promise.all([ask(this.clients[0]), ask(this.clients[1])])
  }
}

function isNotSoa(line: string): boolean {
  return !/ IN SOA /.test(line)
}
