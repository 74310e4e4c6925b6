import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { CatalogZone } from '../../../shared/catalog.ts'
import { Type } from '../../../shared/dns/codes.ts'
import { canonicalName, type Name, nameOf, readPlainName } from '../../../shared/dns/name.ts'
import { rdataToText } from '../../../shared/dns/rdata.ts'
import { readSoa } from '../../../shared/dns/soa.ts'
import { type NotifyTarget, notifyTarget } from '../../../shared/transfers/notify-target.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { Catalog } from '../zones/catalog-view.ts'

const DNS_PORT = 53

export interface ZoneLookup {
  readonly catalog: Catalog
  readonly cache: { get(zone: CatalogZone): CachedZone | Promise<CachedZone | undefined> }
}

/** A target with the address that it has now; undefined when it has none that is known. */
export interface ResolvedTarget {
  readonly target: NotifyTarget
  readonly address: string | undefined
}

/** RFC 1996 §3.3: the hosts of the zone's NS records but for the primary itself, at the addresses that our zones give them. */
export async function nameServerTargets(zone: CachedZone, from: ZoneLookup): Promise<NotifyTarget[]> {
  const targets: NotifyTarget[] = []
  for (const host of nameServersOf(zone))
    for (const address of await addressesInZones(host, from))
      targets.push(notifyTarget({ host: address, port: DNS_PORT }))
  return targets
}

/** The address of a target that is named: from our zones, else as the system knows it. */
export async function resolveTarget(target: NotifyTarget, from: ZoneLookup): Promise<ResolvedTarget> {
  if (isIP(target.host) !== 0) return { target, address: target.host }
  const [known] = await addressesInZones(nameOf(target.host), from)
  if (known !== undefined) return { target, address: known }
  const found = await lookup(target.host.replace(/\.$/, '')).catch(() => undefined)
  return { target, address: found?.address }
}

function nameServersOf(zone: CachedZone): Set<Name> {
  const hosts = new Set<Name>()
  for (const rdata of zone.rrset(zone.apex, Type.NS)?.rdata ?? []) {
    const host = readPlainName(rdata, 0)
    if (host.ok) hosts.add(canonicalName(host.value.name))
  }
  const soa = readSoa(zone.rrset(zone.apex, Type.SOA)!.rdata[0]!)
  if (soa.ok) hosts.delete(canonicalName(soa.value.mname))
  return hosts
}

async function addressesInZones(host: Name, { catalog, cache }: ZoneLookup): Promise<string[]> {
  const zone = catalog.zoneFor(host)
  const held = zone && (await cache.get(zone))
  if (held === undefined) return []
  const texts = (type: number) =>
    (held.rrset(host, type)?.rdata ?? []).map((rdata) => rdataToText(type, rdata))
  return [...texts(Type.A), ...texts(Type.AAAA)]
}
