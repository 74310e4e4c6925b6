import assert from 'node:assert/strict'
import { Class, classToText, Type, typeToText } from '../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../shared/dns/name.ts'
import { canonicalRdata } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { readSoa, serialOf, withSerial } from '../../shared/dns/soa.ts'
import { parseZoneFile } from '../../shared/dns/zone-file.ts'
import { recordToText } from '../../shared/dns/zone-file-text.ts'
import { BindServer } from '../support/bind.ts'
import {
  ANYBODY_HERE,
  type ClientSystem,
  knowsZones,
  letSignersIn,
  startClientSystem,
} from '../support/client-system.ts'
import { DnsClient } from '../support/dns-client.ts'
import { transfer } from '../support/transfer.ts'

/** What one server did with one message. */
export interface Reply {
  readonly rcode: string
  /** Records taken away (`-`) and put in (`+`), the SOA's serial masked; last, how far the serial moved. */
  readonly changes: readonly string[]
}

/** zonelog and BIND's named side by side, each with the same zone in the beginning. */
export class Contest {
  readonly zone: Name
  readonly system: ClientSystem
  readonly bind: BindServer
  private readonly clients: readonly [DnsClient, DnsClient]
  private contents: [ResourceRecord[], ResourceRecord[]] = [[], []]

  private constructor(
    zone: Name,
    system: ClientSystem,
    bind: BindServer,
    clients: readonly [DnsClient, DnsClient],
  ) {
    this.zone = zone
    this.system = system
    this.bind = bind
    this.clients = clients
  }

  static async start(zone: Name, zoneFile: string): Promise<Contest> {
    const [system, bind] = await Promise.all([startClientSystem(), BindServer.withZone(zone, zoneFile)])
    await system.api.createZone(zone, { file: zoneFile, allowUpdate: ANYBODY_HERE })
    await letSignersIn(system.api, zone)
    await knowsZones(system.edge, 1)
    const clients = [await DnsClient.to(system.server.port), await DnsClient.to(bind.address.port)] as const
    const contest = new Contest(zone, system, bind, clients)
    contest.contents = await contest.bothContents()
    return contest
  }

  /** The serial that our zone has. */
  get serial(): number {
    return serialIn(this.contents[0])
  }

  /** Sends the same octets to both; ours first in the pair. */
  async ask(message: Uint8Array): Promise<[Reply, Reply]> {
    const [ourRcode, theirRcode] = await Promise.all([this.askUs(message), this.clients[1].rcode(message)])
    const before = this.contents
    this.contents = await this.bothContents()
    return [
      { rcode: ourRcode, changes: changes(before[0], this.contents[0]) },
      { rcode: theirRcode, changes: changes(before[1], this.contents[1]) },
    ]
  }

  askUs(message: Uint8Array): Promise<string> {
    return this.clients[0].rcode(message)
  }

  /** Both zones as text, without regard to the case of names. */
  zones(): [string[], string[]] {
    return [comparable(this.contents[0]), comparable(this.contents[1])]
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.close()
    await this.bind.stop()
    await this.system.system.close()
  }

  private bothContents(): Promise<[ResourceRecord[], ResourceRecord[]]> {
    return Promise.all([this.exported(), transfer(this.bind.address, this.zone)])
  }

  private async exported(): Promise<ResourceRecord[]> {
    const parsed = parseZoneFile(await this.system.api.export(this.zone), { origin: this.zone })
    assert.ok(parsed.ok)
    return parsed.records
  }
}

function changes(before: readonly ResourceRecord[], after: readonly ResourceRecord[]): string[] {
  const [old, now] = [before, after].map((records) => records.map(maskedText)) as [string[], string[]]
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
    `serial +${(serialIn(after) - serialIn(before)) >>> 0}`,
  ]
}

function maskedText(record: ResourceRecord): string {
  const isSoa = record.type === Type.SOA && readSoa(record.rdata).ok
  return recordToText(isSoa ? { ...record, rdata: withSerial(record.rdata, 0 as never) } : record)
}

function comparable(records: readonly ResourceRecord[]): string[] {
  return records
    .map(({ name, type, rdata, ...rest }) =>
      recordToText({ name: canonicalName(name), type, rdata: canonicalRdata(type, rdata), ...rest }),
    )
    .sort()
}

function serialIn(records: readonly ResourceRecord[]): number {
  return serialOf(records.find(({ type }) => type === Type.SOA)!.rdata)
}

/** A record of any section of an UPDATE, for a reader. */
export function shown({ name, ttl, class: class_, type, rdata }: ResourceRecord): string {
  if (class_ === Class.IN && rdata.length > 0) return recordToText({ name, ttl, class: class_, type, rdata })
  return `${name} ${ttl} ${classToText(class_)} ${typeToText(type)} ${Buffer.from(rdata).toString('hex')}`
}
