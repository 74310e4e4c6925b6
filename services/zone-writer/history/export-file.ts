import type { Name } from '../../../shared/dns/name.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import { decodeEvent, encodeEvent } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { SignedCheckpoint } from './verify/checkpoint.ts'

/** A history in a file: lines of JSON. The first says whose it is, then come events and checkpoints, the last one says that it is whole. */
export type HistoryLine =
  | { readonly kind: 'head'; readonly zone: Name; readonly zoneId: number; readonly publicKey: string }
  | { readonly kind: 'event'; readonly event: ZoneEvent }
  | { readonly kind: 'checkpoint'; readonly checkpoint: SignedCheckpoint }
  | { readonly kind: 'end'; readonly seq: number }

const SCHEMA = 'zonelog.history/1'
/** Of the diff of an event: its line is one string, of which V8 has at most 2^29 units, and base64 makes four of three octets. */
export const MOST_EXPORTED_OCTETS = 350 << 20

export function headLine(zone: Name, zoneId: number, publicKey: string): string {
  return JSON.stringify({ schema: SCHEMA, zone, zoneId, publicKey })
}

/** `form` is the canonical form with the hash; the other fields are for people and searches. */
export function eventExportLine(event: ZoneEvent): string {
  const { seq, kind, identity, decidedAt } = event
  const form = Buffer.from(encodeEvent(event)).toString('base64')
  return JSON.stringify({ event: seq, time: new Date(decidedAt).toISOString(), kind, by: identity, form })
}

export function checkpointLine({ statement, signature }: SignedCheckpoint): string {
  return JSON.stringify({ checkpoint: statement, signature: Buffer.from(signature).toString('base64') })
}

export function endLine(seq: number): string {
  return JSON.stringify({ end: seq })
}

/** Reads one line. Throws UnreadablePayload, with what is wrong, for a line that is none of these, or an event that does not hold. */
export function readHistoryLine(line: string): HistoryLine {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(line)
  } catch {
    throw new UnreadablePayload('a line is not JSON')
  }
  if (value.schema !== undefined) return headOf(value)
  if (typeof value.form === 'string')
    return { kind: 'event', event: decodeEvent(Buffer.from(value.form, 'base64')) }
  if (typeof value.checkpoint === 'string') {
    const signature = Buffer.from(String(value.signature), 'base64')
    return { kind: 'checkpoint', checkpoint: { statement: value.checkpoint, signature } }
  }
  if (typeof value.end === 'number') return { kind: 'end', seq: value.end }
  throw new UnreadablePayload('a line is neither head, event, checkpoint nor end')
}

function headOf({ schema, zone, zoneId, publicKey }: Record<string, unknown>): HistoryLine {
  if (schema !== SCHEMA)
    throw new UnreadablePayload(`the file is of the form ${schema}, this program reads ${SCHEMA}`)
  return { kind: 'head', zone: zone as Name, zoneId: Number(zoneId), publicKey: String(publicKey) }
}
