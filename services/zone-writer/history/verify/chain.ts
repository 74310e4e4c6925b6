import { compareSerial, type Serial } from '../../../../shared/dns/serial.ts'
import { hashHolds, NO_HASH } from '../../../../shared/events/event-codec.ts'
import { EVENT_KINDS, type EventKind, type ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { hasOldSoa } from '../../../../shared/zone-diff.ts'
import { type Fault, fault } from './fault.ts'

/** Where a chain has been followed to. */
export interface ChainEnd {
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  /** The event deleted the zone. */
  readonly isOver?: true
}

export const CHAIN_START: ChainEnd = { seq: 0, serial: 0, hash: NO_HASH }

/** Kinds of events that contents begin with, and those that say something and change none. */
const BEGINS: ReadonlySet<EventKind> = new Set(['create', 'snapshot'])
const CHANGES_NOTHING: ReadonlySet<EventKind> = new Set(['alarm', 'compact', 'rebuild', 'delete'])

/** What a chain is made of. */
export type LinkedEvent = Pick<
  ZoneEvent,
  'zoneId' | 'seq' | 'kind' | 'serialBefore' | 'serialAfter' | 'diff' | 'previousHash' | 'hash'
>

/** What is before a zone's first event: nothing, or for a snapshot the events that it stands for. */
export function beginningFor(first: LinkedEvent): ChainEnd {
  if (first.kind !== 'snapshot') return CHAIN_START
  return { seq: first.seq - 1, serial: first.serialBefore, hash: first.previousHash }
}

/** What is wrong with an event as the next one of its zone's chain: its number, its links, its own hash, its serials. */
export function linkFaults(chain: ChainEnd, zoneId: number, event: ZoneEvent): Fault[] {
  return hashedLinkFaults(chain, zoneId, event, hashHolds(event))
}

/** As {@link linkFaults}, for an event that was hashed elsewhere. */
export function hashedLinkFaults(
  chain: ChainEnd,
  zoneId: number,
  event: LinkedEvent,
  holds: boolean,
): Fault[] {
  const { seq } = event
  const before = chain.seq === 0 ? beginningFor(event) : chain
  const faults: Fault[] = []
  const wrong = (field: string, message: string) => faults.push(fault(seq, field, message))
  if (seq !== before.seq + 1)
    wrong('seq', `event ${before.seq + 1} is missing: after ${before.seq} comes ${seq}`)
  if (event.zoneId !== zoneId) wrong('zoneId', `it says that it belongs to zone ${event.zoneId}`)
  if (!EVENT_KINDS.includes(event.kind)) wrong('kind', `'${event.kind}' is not a kind of event`)
  if (event.kind === 'snapshot' && chain.seq !== 0) wrong('kind', 'a snapshot may only begin a history')
  if (Buffer.compare(event.previousHash, before.hash) !== 0)
    wrong('previousHash', `it is not chained to the event before it, which has the hash ${hex(before.hash)}`)
  if (!holds) wrong('hash', 'its hash is not that of its contents: some field of it was changed')
  if (event.serialBefore !== before.serial)
    wrong(
      'serialBefore',
      `it begins with serial ${event.serialBefore}, the event before it left ${before.serial}`,
    )
  if (event.diff.length === 0 && event.serialAfter !== event.serialBefore)
    wrong('serialAfter', 'the serial moves and nothing changes')
  return [...faults, ...kindFaults(before, event)]
}

/** What an event of its kind may do where it stands; serials move forward (P7). */
function kindFaults(before: ChainEnd, event: LinkedEvent): Fault[] {
  const { seq, kind, diff, serialBefore, serialAfter } = event
  if (before.isOver) return [fault(seq, 'kind', 'the event before it deleted the zone: nothing may follow')]
  if (kind === 'create' && seq !== 1)
    return [fault(seq, 'kind', 'only the first event of a zone may create it')]
  if (diff.length === 0 || BEGINS.has(kind)) return []
  if (CHANGES_NOTHING.has(kind))
    return [fault(seq, 'diff', `an event of the kind ${kind} changes no contents`)]
  if (!hasOldSoa(diff))
    return [fault(seq, 'diff', 'only the first event of a zone begins without an SOA to replace')]
  if (compareSerial(serialBefore as Serial, serialAfter as Serial) === -1) return []
  const message = `contents change, and serial ${serialAfter} is not after ${serialBefore} (RFC 1982)`
  return [fault(seq, 'serialAfter', message)]
}

/** The chain goes through a snapshot with the hash of the event that it stands for. */
export function endOf({ kind, seq, serialAfter, previousHash, hash }: LinkedEvent): ChainEnd {
  const end = { seq, serial: serialAfter, hash: kind === 'snapshot' ? previousHash : hash }
  return kind === 'delete' ? { ...end, isOver: true } : end
}

export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
