import { hashHolds, NO_HASH } from '../../../../shared/events/event-codec.ts'
import { EVENT_KINDS, type ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { type Fault, fault } from './fault.ts'

/** Where a chain has been followed to. */
export interface ChainEnd {
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
}

export const CHAIN_START: ChainEnd = { seq: 0, serial: 0, hash: NO_HASH }

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
  return faults
}

/** The chain goes through a snapshot with the hash of the event that it stands for. */
export function endOf({ kind, seq, serialAfter, previousHash, hash }: LinkedEvent): ChainEnd {
  return { seq, serial: serialAfter, hash: kind === 'snapshot' ? previousHash : hash }
}

export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
