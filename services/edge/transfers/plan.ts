import type { Serial } from '../../../shared/dns/serial.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import type { Extent } from '../../../shared/messaging/history-service.ts'
import type { ZoneHead } from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { Gate } from '../zones/gate.ts'
import type { HistoryClient } from '../zones/history-client.ts'
import { Condenser, type Difference, octetsOf } from './condense.ts'

/** What one transfer holds stays small: more octets are not condensed, but passed on as they come. */
const MOST_CONDENSED = 8 * 1024 * 1024
/** No record of a zone is shorter, but for a few. */
const SHORT_RECORD = 20
/** RRsets looked at before others get their turn. */
const SETS_AT_ONCE = 5_000

/** How to bring a client from its serial to the zone as it is: the shortest way that there is. */
export type Plan =
  | { readonly kind: 'whole'; readonly why: string }
  | { readonly kind: 'condensed'; readonly difference: Difference }
  | { readonly kind: 'changes'; readonly extent: Extent }

export interface PlanDeps {
  readonly history: HistoryClient
  /** Bounds how many are condensed at once. */
  readonly condensing: Gate
}

/** The changes lead up to `head`, where the zone was a moment ago. Never rejects: where the history cannot be had, the whole zone does. */
export async function planIxfr(
  { history, condensing }: PlanDeps,
  zone: CachedZone,
  { seq: upTo, serial: newest }: ZoneHead,
  serial: Serial,
): Promise<Plan> {
  try {
    const extent = await history.extent(zone.id, serial, upTo)
    if (extent.changes === 0) return { kind: 'whole', why: 'no change leads from the serial' }
    if (extent.octets > MOST_CONDENSED)
      return (await isShorterWhole(zone, extent.octets)) ? SHORTER : { kind: 'changes', extent }
    const difference = await condensing.pass(() => condense(history, zone.id, extent))
    if (serialOf(difference.oldSoa.rdata) !== serial || serialOf(difference.newSoa.rdata) !== newest)
      return { kind: 'whole', why: 'the changes do not lead from one serial to the other' }
    return (await isShorterWhole(zone, octetsOf(difference))) ? SHORTER : { kind: 'condensed', difference }
  } catch (error) {
    return { kind: 'whole', why: (error as Error).message }
  }
}

const SHORTER: Plan = { kind: 'whole', why: 'it is shorter' }

async function condense(history: HistoryClient, zoneId: number, extent: Extent): Promise<Difference> {
  const condenser = new Condenser()
  for await (const piece of history.changes(zoneId, extent.after, extent.upTo)) condenser.push(piece)
  return condenser.finish()
}

/** Whether the zone has fewer octets than the changes. */
async function isShorterWhole(zone: CachedZone, octets: number): Promise<boolean> {
  if (octets < zone.nameCount * SHORT_RECORD) return false
  const reading = zone.open()
  try {
    let left = octets
    let seen = 0
    for (const { name, rdata } of reading.rrsets()) {
      for (const one of rdata) left -= name.length + 11 + one.length
      if (left < 0) return false
      if (++seen % SETS_AT_ONCE === 0) await new Promise(setImmediate)
    }
    return true
  } finally {
    reading.close()
  }
}
