import { isIP } from 'node:net'
import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Endpoint } from '../../../shared/config/read.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import { serversBesidesPrimary } from '../../../shared/transfers/name-servers.ts'
import { type NotifyTarget, notifyTarget } from '../../../shared/transfers/notify-target.ts'
import { isWildcard } from '../listeners/listener.ts'
import { localAddresses } from '../listeners/local-addresses.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { Catalog } from '../zones/catalog-view.ts'
import { addressesIn, type ZoneApex } from '../zones/zone-apex.ts'
import type { HostAddresses } from './host-addresses.ts'

const DNS_PORT = 53

export type Place = Pick<NotifyTarget, 'host' | 'port'>

export interface TargetLookup {
  readonly catalog: Catalog
  readonly cache: { get(zone: CatalogZone): CachedZone | Promise<CachedZone | undefined> }
  readonly hosts: HostAddresses
  /** Whether this edge listens there. */
  readonly isOwn: (address: string, port: number) => boolean
}

/** The hosts of a zone's NS records: those that our zones give addresses, at these, and the others, which the DNS is to be asked about. */
export interface NameServers {
  readonly here: readonly NotifyTarget[]
  readonly elsewhere: readonly Name[]
  /** The addresses of hosts with names in our zones. */
  readonly hosts: ReadonlyMap<Name, readonly string[]>
  /** Hosts whose zones are ours but cannot be had now; these are where they were. */
  readonly unknown: readonly Name[]
}

/**
 * RFC 1996 §3.3: the hosts of the zone's NS records but for the primary itself and those that the zone names; none of no zone. `before`
 * has the addresses that were found last.
 */
export async function nameServerTargets(
  zone: ZoneApex | undefined,
  named: readonly NotifyTarget[],
  before: NameServers['hosts'],
  from: TargetLookup,
): Promise<NameServers> {
  const servers = zone === undefined ? [] : [...serversBesidesPrimary(zone.soa.rdata[0]!, zone.nameServers)]
  const others = besides(
    named,
    servers.map((host) => ({ host, port: DNS_PORT })),
  )
  const [ours, elsewhere] = [[] as Name[], [] as Name[]]
  for (const { host } of others) (from.catalog.zoneFor(host) === undefined ? elsewhere : ours).push(host)
  const found = await Promise.all(ours.map((host) => addressesInZones(host, zone, from)))
  const hosts = new Map(ours.map((host, index) => [host, found[index] ?? before.get(host) ?? []]))
  return {
    here: targetsAt([...hosts.values()].flat(), from),
    elsewhere,
    hosts,
    unknown: ours.filter((_, index) => found[index] === undefined),
  }
}

/** Hosts outside of our zones, at the addresses that the DNS gives them; takes as long as that takes. */
export async function targetsElsewhere(hosts: readonly Name[], from: TargetLookup): Promise<NotifyTarget[]> {
  const addresses = await Promise.all(hosts.map((host) => from.hosts.ofServer(withoutDot(host))))
  return targetsAt(addresses.flat(), from)
}

/** The address of a target that the zone with this apex names: from our zones, else as the system knows it. Undefined when it has none. */
export async function addressOf(
  target: NotifyTarget,
  apex: ZoneApex,
  from: TargetLookup,
): Promise<string | undefined> {
  const [first] = await addressesOf(target, apex, from)
  return first
}

/** Where servers that are named are found, by name and at their addresses. Never rejects. */
export async function placesOf(
  named: readonly NotifyTarget[],
  apex: ZoneApex,
  from: TargetLookup,
): Promise<Place[]> {
  const places = await Promise.all(
    named.map(async (target) => {
      const addresses = await addressesOf(target, apex, from).catch(() => [])
      return [target.host, ...addresses].map((host) => ({ host, port: target.port }))
    }),
  )
  return places.flat()
}

/** Those of `others` that are at none of these places: a server is told once, in the way that the zone says. */
export function besides<T extends Place>(places: readonly Place[], others: readonly T[]): T[] {
  return others.filter(
    (other) => !places.some(({ host, port }) => host === other.host && port === other.port),
  )
}

/** Tells of the addresses of an edge that listens on these. */
export function ownAddresses(
  listens: readonly Endpoint[],
  local = localAddresses,
): (address: string, port: number) => boolean {
  return (address, port) =>
    listens.some(
      (one) => one.port === port && (one.host === address || (isWildcard(one) && local().includes(address))),
    )
}

function targetsAt(addresses: readonly string[], { isOwn }: TargetLookup): NotifyTarget[] {
  return addresses
    .filter((address) => !isOwn(address, DNS_PORT))
    .map((address) => notifyTarget({ host: address, port: DNS_PORT }))
}

/** Undefined where its zone is ours but cannot be had now: whether it has addresses is not known. */
async function addressesInZones(
  host: Name,
  apex: ZoneApex | undefined,
  { catalog, cache }: TargetLookup,
): Promise<readonly string[] | undefined> {
  const zone = catalog.zoneFor(host)
  if (zone === undefined) return []
  // spares fetching the whole zone for it
  const known = zone.name === apex?.apex ? apex.addresses.get(host) : undefined
  if (known !== undefined) return known
  const held = await cache.get(zone)
  return held && addressesIn(held, host)
}

async function addressesOf(
  { host }: NotifyTarget,
  apex: ZoneApex,
  from: TargetLookup,
): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  const known = (await addressesInZones(nameOf(host), apex, from)) ?? []
  if (known.length > 0) return known
  const address = await from.hosts.ofTarget(withoutDot(host))
  return address === undefined ? [] : [address]
}

const withoutDot = (host: string): string => host.replace(/\.$/, '')
