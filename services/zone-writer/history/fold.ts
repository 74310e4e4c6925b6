import { Type } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { DiffMismatch, ZoneContents } from '../../../shared/zone-contents.ts'
import { decodeDiff, type ZoneDiff } from '../../../shared/zone-diff.ts'

/** What folding looks at. */
export type FoldedEvent = Pick<ZoneEvent, 'seq' | 'diff' | 'serialBefore' | 'serialAfter'>

/** A zone as its events up to `seq` add up to (P6). */
export interface Folded {
  readonly contents: ZoneContents
  /** 0 before the first event. */
  readonly seq: number
  readonly serial: number
}

export function beginning(apex: Name): Folded {
  return { contents: new ZoneContents(apex), seq: 0, serial: 0 }
}

/** The zone after one more event. Contents are changed in place. Throws {@link DiffMismatch} where the event does not fit. */
export function foldEvent(before: Folded, event: FoldedEvent): Folded {
  const next = { seq: event.seq, serial: event.serialAfter }
  const diff = diffOf(event)
  if (diff === undefined) return { contents: before.contents, ...next }
  // what has no SOA to replace begins contents anew: the first event, or one that stands for those before it
  const contents = diff.oldSoa === undefined ? new ZoneContents(before.contents.apex) : before.contents
  contents.apply(diff)
  if (serialIn(contents) !== event.serialAfter)
    throw new DiffMismatch(`event ${event.seq} leaves another serial in the SOA than it says`)
  return { contents, ...next }
}

export function foldEvents(events: Iterable<FoldedEvent>, from: Folded): Folded {
  let folded = from
  for (const event of events) folded = foldEvent(folded, event)
  return folded
}

/** What an event changed; undefined when nothing. Throws {@link DiffMismatch} where it cannot be read. */
export function diffOf({ seq, diff }: Pick<ZoneEvent, 'seq' | 'diff'>): ZoneDiff | undefined {
  if (diff.length === 0) return undefined
  const read = decodeDiff(diff)
  if (!read.ok) throw new DiffMismatch(`the diff of event ${seq} cannot be read: ${read.reason}`)
  return read.value
}

function serialIn(contents: ZoneContents): number | undefined {
  const [soa] = contents.at(contents.apex)?.get(Type.SOA)?.rdata ?? []
  return soa && serialOf(soa)
}
