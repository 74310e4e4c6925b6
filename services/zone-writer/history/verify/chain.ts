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

/** What is wrong with an event as the next one of its zone's chain: its number, its links, its own hash, its serials. */
export function linkFaults(before: ChainEnd, zoneId: number, event: ZoneEvent): Fault[] {
  const { seq } = event
  const faults: Fault[] = []
  const wrong = (field: string, message: string) => faults.push(fault(seq, field, message))
  if (seq !== before.seq + 1)
    wrong('seq', `event ${before.seq + 1} is missing: after ${before.seq} comes ${seq}`)
  if (event.zoneId !== zoneId) wrong('zoneId', `it says that it belongs to zone ${event.zoneId}`)
  if (!EVENT_KINDS.includes(event.kind)) wrong('kind', `'${event.kind}' is not a kind of event`)
  if (Buffer.compare(event.previousHash, before.hash) !== 0)
    wrong('previousHash', `it is not chained to the event before it, which has the hash ${hex(before.hash)}`)
  if (!hashHolds(event)) wrong('hash', 'its hash is not that of its contents: some field of it was changed')
  if (event.serialBefore !== before.serial)
    wrong(
      'serialBefore',
      `it begins with serial ${event.serialBefore}, the event before it left ${before.serial}`,
    )
  if (event.diff.length === 0 && event.serialAfter !== event.serialBefore)
    wrong('serialAfter', 'the serial moves and nothing changes')
  return faults
}

export function endOf({ seq, serialAfter, hash }: ZoneEvent): ChainEnd {
  return { seq, serial: serialAfter, hash }
}

export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
