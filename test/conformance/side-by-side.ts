import assert from 'node:assert/strict'
import { Class, Rcode, Type } from '../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../shared/dns/name.ts'
import { canonicalRdata } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { addSerial, compareSerial, type Serial } from '../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../shared/dns/soa.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { ANYBODY_HERE, knowsZones, letSignersIn } from '../support/client-system.ts'
import { DnsClient, query, update } from '../support/dns-client.ts'
import type { ServerAddress } from '../support/nsupdate.ts'
import { TestSystem } from '../support/system.ts'
import { transfer } from '../support/transfer.ts'
import { until } from '../support/until.ts'

/** Another server of the same zones. */
export interface Oracle {
  readonly address: ServerAddress
  stop(): Promise<void>
}

/** What a server said, and the zone's serial after it. */
export interface Reply {
  readonly rcode: string
  readonly serial: Serial
}

/** zonelog and another server with the same zones, all of them alike in the beginning. Pairs have ours first. */
export class SideBySide {
  private readonly system: TestSystem
  private readonly api: AdminApi
  private readonly oracle: Oracle
  private readonly clients: readonly [DnsClient, DnsClient]

  private constructor(
    system: TestSystem,
    api: AdminApi,
    oracle: Oracle,
    clients: readonly [DnsClient, DnsClient],
  ) {
    this.system = system
    this.api = api
    this.oracle = oracle
    this.clients = clients
  }

  static async start(
    zones: readonly Name[],
    zoneFile: string,
    startOracle: (zones: readonly Name[], zoneFile: string) => Promise<Oracle>,
  ): Promise<SideBySide> {
    const [system, oracle] = await Promise.all([TestSystem.prepare(), startOracle(zones, zoneFile)])
    // one partition, so that the messages of all zones share commits
    system.environment.ZONELOG_PARTITIONS = '1'
    const [writer, edge] = [await system.writer(), await system.edge()]
    const api = system.api(writer)
    for (const zone of zones) {
      await api.createZone(zone, { file: zoneFile, allowUpdate: ANYBODY_HERE })
      await letSignersIn(api, zone)
    }
    await knowsZones(edge, zones.length)
    const clients = [await DnsClient.to(edge.port), await DnsClient.to(oracle.address.port)] as const
    for (const zone of zones)
      await until(`the edge holds ${zone}`, async () => {
        const answer = await clients[0].send(query(zone, 'SOA'))
        return answer?.header.rcode === Rcode.NOERROR
      })
    return new SideBySide(system, api, oracle, clients)
  }

  /** Sends the same octets to both. */
  ask(zone: Name, message: Uint8Array): Promise<[Reply, Reply]> {
    return both(this.clients, async (client) => {
      const rcode = await client.rcode(message)
      return { rcode, serial: await serialAt(client, zone) }
    })
  }

  serial(zone: Name): Promise<Serial> {
    return serialAt(this.clients[0], zone)
  }

  contents(zone: Name): Promise<[ResourceRecord[], ResourceRecord[]]> {
    return Promise.all([this.exported(zone), transfer(this.oracle.address, zone)])
  }

  /** Makes both the same again: without the sets that differ, and with one serial that is later than ours was. */
  async align(zone: Name): Promise<void> {
    const contents = await this.contents(zone)
    const [serial, theirs] = contents.map((records) => serialOf(records.find(isSoa)!.rdata)) as [
      Serial,
      Serial,
    ]
    // the repairs may move a serial by one
    const target = addSerial(compareSerial(serial, theirs) === -1 ? theirs : serial, 2)
    const updates = repairs(zone, contents)
    const soa = contents[1].find(isSoa)!
    for (const index of [0, 1] as const) {
      await this.accepted(index, zone, updates[index])
      await this.advance(index, zone, soa, target)
    }
    const [now, other] = await this.contents(zone)
    assert.deepEqual(other.map(comparable).sort(), now.map(comparable).sort(), `${zone} cannot be aligned`)
  }

  /** In more than one step when the way is longer than a serial can go in one (RFC 1982 §7). */
  private async advance(index: 0 | 1, zone: Name, soa: ResourceRecord, target: Serial): Promise<void> {
    for (;;) {
      const serial = await serialAt(this.clients[index], zone)
      if (serial === target) return
      const next = compareSerial(serial, target) === -1 ? target : addSerial(serial, 0x7fff_ffff)
      await this.accepted(index, zone, [{ ...soa, rdata: withSerial(soa.rdata, next) }])
    }
  }

  private async accepted(index: 0 | 1, zone: Name, updates: readonly ResourceRecord[]): Promise<void> {
    const rcode = await this.clients[index].rcode(update({ zone, updates }))
    assert.equal(rcode, 'NOERROR', `${zone} cannot be aligned`)
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close()
    await this.oracle.stop()
    await this.system.close()
  }

  private async exported(zone: Name): Promise<ResourceRecord[]> {
    const parsed = parseZoneFile(await this.api.export(zone), { origin: zone })
    assert.ok(parsed.ok)
    return parsed.records
  }
}

function both<T>(
  [ours, theirs]: readonly [DnsClient, DnsClient],
  ask: (client: DnsClient) => Promise<T>,
): Promise<[T, T]> {
  return Promise.all([ask(ours), ask(theirs)])
}

async function serialAt(client: DnsClient, zone: Name): Promise<Serial> {
  const answer = await client.send(query(zone, 'SOA'))
  const soa = answer?.answers.find(isSoa)
  assert.ok(soa, `no answer about ${zone}`)
  return serialOf(soa.rdata)
}

/** What to send to us and to them. The apex must keep an NS, and the other server may be choosy: so it has its way. */
function repairs(
  zone: Name,
  [ours, theirs]: readonly [readonly ResourceRecord[], readonly ResourceRecord[]],
): [ResourceRecord[], ResourceRecord[]] {
  const [ourSets, theirSets] = [setsOf(ours), setsOf(theirs)]
  const out: [ResourceRecord[], ResourceRecord[]] = [[], []]
  for (const key of new Set([...ourSets.keys(), ...theirSets.keys()])) {
    const [our, their] = [ourSets.get(key) ?? [], theirSets.get(key) ?? []]
    const [sample] = our.concat(their)
    if (sample === undefined || isSoa(sample) || asText(our) === asText(their)) continue
    if (sample.type === Type.NS && canonicalName(sample.name) === zone) {
      const wanted = their.map((record) => comparable({ ...record, ttl: 0 }))
      const extra = our.filter((record) => !wanted.includes(comparable({ ...record, ttl: 0 })))
      out[0].push(...their, ...extra.map((record) => ({ ...record, class: Class.NONE, ttl: 0 })))
      continue
    }
    const deletion = { ...sample, class: Class.ANY, ttl: 0, rdata: new Uint8Array() }
    // BIND refuses to delete what it would not take
    if (our.length > 0) out[0].push(deletion)
    if (their.length > 0) out[1].push(deletion)
  }
  return out
}

function setsOf(records: readonly ResourceRecord[]): Map<string, ResourceRecord[]> {
  return Map.groupBy(records, ({ name, type }) => `${canonicalName(name)} ${type}`)
}

function asText(records: readonly ResourceRecord[]): string {
  return records.map(comparable).sort().join('\n')
}

function isSoa({ type }: ResourceRecord): boolean {
  return type === Type.SOA
}

/** As text, without regard to the case of names. */
export function comparable({ name, type, rdata, ...rest }: ResourceRecord): string {
  return recordToText({ name: canonicalName(name), type, rdata: canonicalRdata(type, rdata), ...rest })
}
