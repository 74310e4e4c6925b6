import type { NatsConnection } from 'nats'
import type { CatalogZone } from '../../../shared/catalog.ts'
import { Type } from '../../../shared/dns/codes.ts'
import { isSubdomain, type Name } from '../../../shared/dns/name.ts'
import { rdataToText } from '../../../shared/dns/rdata.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { APEX_SERVICE } from '../../../shared/messaging/subjects.ts'
import { decodeZoneReply, encodeZoneRequest } from '../../../shared/messaging/zone-service.ts'
import { serversBesidesPrimary } from '../../../shared/transfers/name-servers.ts'
import type { CachedZone } from './cached-zone.ts'
import { SnapshotAssembler } from './snapshot-assembler.ts'
import { askWriters, NotServed } from './zone-client.ts'

/** Where a zone stands and who serves it: what NOTIFY needs, and can be had without the whole zone. */
export interface ZoneApex {
  readonly apex: Name
  readonly serial: number
  readonly soa: RRset
  /** RDATA of the NS records. */
  readonly nameServers: readonly Uint8Array[]
  /** Of these servers, but for the primary: those with names in the zone that are known to have some. */
  readonly addresses: ReadonlyMap<Name, readonly string[]>
}

/** Of a zone that is held, or of a part of it. */
export function apexOf(zone: CachedZone): ZoneApex {
  const { apex, serial } = zone
  const soa = zone.rrset(apex, Type.SOA)!
  const nameServers = zone.rrset(apex, Type.NS)?.rdata ?? []
  const addresses = new Map<Name, readonly string[]>()
  for (const host of serversBesidesPrimary(soa.rdata[0]!, nameServers)) {
    const found = isSubdomain(host, apex) ? addressesIn(zone, host) : []
    if (found.length > 0) addresses.set(host, found)
  }
  return { apex, serial, soa, nameServers, addresses }
}

/** IPv4, then IPv6. */
export function addressesIn(zone: CachedZone, host: Name): string[] {
  const texts = (type: number) =>
    (zone.rrset(host, type)?.rdata ?? []).map((rdata) => rdataToText(type, rdata))
  return [...texts(Type.A), ...texts(Type.AAAA)]
}

/** As the writers have it; older ones tell no addresses. Rejects as {@link askWriters} does, or with {@link NotServed}. */
export async function askForApex(nats: NatsConnection, { id, name }: CatalogZone): Promise<ZoneApex> {
  const request = encodeZoneRequest({ zoneId: id, seq: 0 })
  const reply = decodeZoneReply(await askWriters(nats, APEX_SERVICE, request))
  if (reply.kind !== 'part') throw new NotServed(reply.kind === 'refused' ? reply.why : 'failed')
  const zone = new SnapshotAssembler(id, name).push(reply)
  if (zone === undefined) throw new NotServed('failed')
  return apexOf(zone)
}
