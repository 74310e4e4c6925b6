import type { CatalogZone } from '../../../../../shared/catalog.ts'
import type { ResourceRecord } from '../../../../../shared/dns/record.ts'
import { isObject } from '../../json-form.ts'
import { add, deleteRecord } from '../../submit/zone-update.ts'
import { type Endpoint, readEndpoint } from './endpoint.ts'

/** What external-dns wants changed: RRsets that go, and RRsets that come. */
export interface Changes {
  readonly gone: readonly Endpoint[]
  readonly come: readonly Endpoint[]
}

/** Reads `plan.Changes`, whose fields older releases begin with a capital; a sentence where something in it cannot be. */
export function readChanges(value: unknown): Changes | string {
  if (!isObject(value)) return 'the changes are no object'
  const lists = new Map(Object.entries(value).map(([name, list]) => [name.toLowerCase(), list]))
  const read = (...names: readonly string[]): Endpoint[] | string => {
    const endpoints: Endpoint[] = []
    for (const item of names.flatMap((name) => lists.get(name) ?? [])) {
      const endpoint = readEndpoint(item)
      if (typeof endpoint === 'string') return endpoint
      endpoints.push(endpoint)
    }
    return endpoints
  }
  const gone = read('updateold', 'delete')
  if (typeof gone === 'string') return gone
  const come = read('create', 'updatenew')
  return typeof come === 'string' ? come : { gone, come }
}

/** What is asked of one zone. */
export interface ZoneChange {
  readonly zone: CatalogZone
  readonly updates: ResourceRecord[]
}

/**
 * The updates of each zone, deletions first: a value that goes and comes stays, with the TTL that it comes with. `zoneOf` has judged every
 * endpoint. What would make a message too long is a message of its own.
 */
export function updatesOf(
  { gone, come }: Changes,
  zoneOf: (endpoint: Endpoint) => CatalogZone,
  ttl: number,
): ZoneChange[] {
  const changes: ZoneChange[] = []
  const names = Map.groupBy([...gone, ...come], (endpoint) => `${zoneOf(endpoint).id} ${endpoint.name}`)
  for (const endpoints of names.values()) {
    const [going, coming] = [
      endpoints.filter((one) => gone.includes(one)),
      endpoints.filter((one) => come.includes(one)),
    ]
    const updates = [
      ...going.flatMap(({ name, type, rdata }) => rdata.map((value) => deleteRecord(name, type, value))),
      ...coming.flatMap((one) => one.rdata.map((value) => add(one.name, one.type, one.ttl ?? ttl, value))),
    ]
    put(changes, zoneOf(endpoints[0]!), updates)
  }
  return changes
}

/** Far below what a message can hold. */
const MOST_OCTETS = 48_000
const FIXED_OCTETS = 12

function put(changes: ZoneChange[], zone: CatalogZone, updates: readonly ResourceRecord[]): void {
  const last = changes.findLast((change) => change.zone.id === zone.id)
  if (last !== undefined && octetsOf(last.updates) + octetsOf(updates) <= MOST_OCTETS)
    last.updates.push(...updates)
  else changes.push({ zone, updates: [...updates] })
}

function octetsOf(records: readonly ResourceRecord[]): number {
  return records.reduce((sum, { name, rdata }) => sum + name.length + FIXED_OCTETS + rdata.length, 0)
}
