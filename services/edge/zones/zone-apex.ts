import type { NatsConnection } from 'nats'
import type { CatalogZone } from '../../../shared/catalog.ts'
import { Type } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { APEX_SERVICE } from '../../../shared/messaging/subjects.ts'
import { decodeZoneReply, encodeZoneRequest } from '../../../shared/messaging/zone-service.ts'
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
}

/** Of a zone that is held. */
export function apexOf(zone: CachedZone): ZoneApex {
  const { apex, serial } = zone
  const nameServers = zone.rrset(apex, Type.NS)?.rdata ?? []
  return { apex, serial, soa: zone.rrset(apex, Type.SOA)!, nameServers }
}

/** As the writers have it. Rejects as {@link askWriters} does, or with {@link NotServed}. */
export async function askForApex(nats: NatsConnection, { id, name }: CatalogZone): Promise<ZoneApex> {
  const request = encodeZoneRequest({ zoneId: id, seq: 0 })
  const reply = decodeZoneReply(await askWriters(nats, APEX_SERVICE, request))
  if (reply.kind !== 'part') throw new NotServed(reply.kind === 'refused' ? reply.why : 'failed')
  const zone = new SnapshotAssembler(id, name).push(reply)
  if (zone === undefined) throw new NotServed('failed')
  return apexOf(zone)
}
