import { serialOf } from '../../../shared/dns/soa.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { Condenser, type Difference, recordsOfDifference } from './condense.ts'
import { type MessagePacker, recordsOf } from './message-packer.ts'

/**
 * The difference from a serial to the zone as it is, of what this edge has at hand: whoever asks over UDP may be a forgery, and costs
 * the writers nothing. Undefined when it is not at hand, or does not lead there.
 */
export function recentDifference(zone: CachedZone, serial: number): Difference | undefined {
  const changes = zone.recentChanges(serial)
  if (changes === undefined) return undefined
  const condenser = new Condenser()
  for (const change of changes) condenser.push(change)
  const difference = condenser.finish()
  const [from, to] = [difference.oldSoa, difference.newSoa].map(({ rdata }) => serialOf(rdata))
  return from === serial && to === zone.serial ? difference : undefined
}

/** Packs the answer of IXFR; false when it has more than `room` octets. */
export function packDifference(
  packer: MessagePacker,
  zone: CachedZone,
  difference: Difference,
  room: number,
): boolean {
  for (const group of [recordsOf(zone.soa), recordsOfDifference(difference), recordsOf(zone.soa)])
    for (const record of group) if (!packer.fits(record, room) || !packer.add(record)) return false
  return true
}
