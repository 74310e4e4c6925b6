import type {
  EdgeSecondaries,
  SecondaryStatus,
  Sighting,
} from '../../../shared/messaging/secondaries-service.ts'
import type { Db } from '../store/admin-zones.ts'
import { done, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'

/** Servers that follow a zone, as the edges know them. */
export interface ZoneSecondaries {
  readonly zone: string
  readonly serial: number
  /** Those that are notified. */
  readonly secondaries: readonly SecondaryStatus[]
  /** Others that transferred the zone lately. */
  readonly others: readonly Sighting[]
}

export async function secondariesOf(
  db: Db,
  name: string,
  ask: (zoneId: number) => Promise<readonly EdgeSecondaries[]>,
): Promise<Outcome<ZoneSecondaries>> {
  const zone = await zoneNamed(db, name)
  if (!zone.ok) return zone
  const { secondaries, others } = merged(await ask(zone.value.id))
  return done({ zone: zone.value.name, serial: zone.value.serial, secondaries, others })
}

/** One of each target and each client: while a zone changes hands two edges may tell of it, and the newest counts. */
export function merged(replies: readonly EdgeSecondaries[]): Pick<ZoneSecondaries, 'secondaries' | 'others'> {
  const secondaries = newest(
    replies.flatMap((reply) => reply.secondaries),
    ({ target }) => target,
    ({ acknowledgedAt }) => acknowledgedAt ?? 0,
  )
  const known = new Set(secondaries.map(({ address }) => address))
  const clients = newest(
    replies.flatMap((reply) => reply.sightings),
    ({ address }) => address,
    ({ at }) => at,
  )
  return { secondaries, others: clients.filter(({ address }) => !known.has(address)) }
}

function newest<T>(items: readonly T[], name: (item: T) => string, time: (item: T) => number): T[] {
  const found = new Map<string, T>()
  for (const item of items) {
    const other = found.get(name(item))
    if (other === undefined || time(other) < time(item)) found.set(name(item), item)
  }
  return [...found.values()].sort((a, b) => (name(a) < name(b) ? -1 : 1))
}
