import type { Serial } from '../../../shared/dns/serial.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import type { Extent } from '../../../shared/messaging/history-service.ts'
import type { ZoneHead } from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { Gate } from '../zones/gate.ts'
import type { HistoryClient } from '../zones/history-client.ts'
import { Condenser, type Difference, encodeDifference } from './condense.ts'
import type { CondensedRoom } from './condensed-room.ts'
import { slicesOf } from './slices.ts'

/** What one transfer holds stays small: more octets are not condensed, but passed on as they come. */
const MOST_CONDENSED = 8 * 1024 * 1024
/** Each takes some 400 octets while it is condensed, however short it is on the wire. */
const MOST_RECORDS = 50_000
/** So little takes no memory to speak of, and does not wait behind what does. */
const LITTLE = 64 * 1024
/** No record of a zone is shorter, but for a few. */
const SHORT_RECORD = 20
/** RRsets looked at before others get their turn. */
const SETS_AT_ONCE = 1_000

/** How to bring a client from its serial to the zone as it is: the shortest way that there is. */
export type Plan =
  | { readonly kind: 'whole'; readonly why: string }
  /** `difference` is in wire form; its room is given back by `close`. */
  | { readonly kind: 'condensed'; readonly difference: Uint8Array; readonly close: () => void }
  | { readonly kind: 'changes'; readonly extent: Extent }

export interface PlanDeps {
  readonly history: HistoryClient
  /** Bounds how many long ones are condensed at once. */
  readonly condensing: Gate
  /** Bounds what is condensed, and kept for slow clients. */
  readonly room: CondensedRoom
}

/** The changes lead up to `head`, where the zone was a moment ago. Never rejects: where the history cannot be had, the whole zone does. */
export async function planIxfr(
  deps: PlanDeps,
  zone: CachedZone,
  head: ZoneHead,
  serial: Serial,
): Promise<Plan> {
  try {
    const extent = await deps.history.extent(zone.id, serial, head.seq)
    if (extent.changes === 0) return { kind: 'whole', why: 'no change leads from the serial' }
    if (extent.octets <= MOST_CONDENSED && deps.room.take(extent.octets))
      return await condensedPlan(deps, zone, head, serial, extent)
    return await uncondensed(zone, extent)
  } catch (error) {
    return { kind: 'whole', why: (error as Error).message }
  }
}

const SHORTER: Plan = { kind: 'whole', why: 'it is shorter' }

async function uncondensed(zone: CachedZone, extent: Extent): Promise<Plan> {
  return (await isShorterWhole(zone, extent.octets)) ? SHORTER : { kind: 'changes', extent }
}

/** The room for the extent is taken. */
async function condensedPlan(
  { history, condensing, room }: PlanDeps,
  zone: CachedZone,
  head: ZoneHead,
  serial: Serial,
  extent: Extent,
): Promise<Plan> {
  let kept = 0
  try {
    const make = async () => {
      const found = await condense(history, zone.id, extent)
      if (found === undefined) return 'longer'
      return leads(found, serial, head.serial) ? await encodeDifference(found) : undefined
    }
    const difference = await (extent.octets <= LITTLE ? make() : condensing.pass(make))
    if (difference === 'longer') return await uncondensed(zone, extent)
    if (difference === undefined)
      return { kind: 'whole', why: 'the changes do not lead from one serial to the other' }
    if (await isShorterWhole(zone, difference.length)) return SHORTER
    kept = difference.length
    return { kind: 'condensed', difference, close: () => room.giveBack(kept) }
  } finally {
    room.giveBack(extent.octets - kept)
  }
}

/**
 * Undefined when the changes have more records than there is memory for, or more octets than there is room for: of a long past it is
 * only known about how many they are.
 */
async function condense(
  history: HistoryClient,
  zoneId: number,
  { after, upTo, octets }: Extent,
): Promise<Difference | undefined> {
  const condenser = new Condenser()
  let left = octets
  for await (const piece of history.changes(zoneId, after, upTo)) {
    left -= piece.length
    if (left < 0) return undefined
    for (const slice of slicesOf(piece)) {
      condenser.push(slice)
      if (condenser.size > MOST_RECORDS) return undefined
      await new Promise(setImmediate)
    }
  }
  return condenser.finish()
}

function leads({ oldSoa, newSoa }: Difference, from: number, to: number): boolean {
  return serialOf(oldSoa.rdata) === from && serialOf(newSoa.rdata) === to
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
