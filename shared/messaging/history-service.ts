import { type BinaryReader, BinaryWriter, UnreadablePayload } from '../events/binary.ts'
import { checkedPayload, readChecked } from './checked-payload.ts'
import { REFUSALS, type Refusal, type Refused } from './zone-service.ts'

/**
 * What edges ask the writers about a zone's past, for secondaries that ask for what changed since a serial. Requests stand for
 * themselves: a secondary may take as long as it likes between two of them.
 */
export const HISTORY_SERVICE_VERSION = 1
/** Octets of records in one page, at most, unless a single record is longer. Below the 1 MiB that a NATS message may have. */
export const PAGE_OCTETS = 512 * 1024

const EXTENT = 1
const PAGE = 2
const REFUSED = 3

export interface ExtentRequest {
  readonly zoneId: number
  /** Of the contents that somebody holds. */
  readonly serial: number
  /** The event to go up to. */
  readonly upTo: number
}

/** The changes that lead from a serial to an event. */
export interface Extent {
  readonly kind: 'extent'
  /** The newest event that left the zone at that serial; the changes begin after it. */
  readonly after: number
  readonly upTo: number
  /** Changes and octets of their diffs: of a long past about so many, or at least so many where that is more than the zone has. */
  readonly changes: number
  readonly octets: number
}

/** A place in the concatenated diffs of a zone: an event, and octets of its diff before the place. */
export interface Place {
  readonly seq: number
  readonly offset: number
}

export interface PageRequest {
  readonly zoneId: number
  readonly from: Place
  readonly upTo: number
}

/** Whole records of consecutive diffs, in their order (RFC 1995 difference sequences without anything between); maybe none. */
export interface Page {
  readonly kind: 'page'
  readonly records: Uint8Array
  /** Where the next page begins; undefined when this was the last one. */
  readonly next: Place | undefined
}

export function encodeExtentRequest({ zoneId, serial, upTo }: ExtentRequest): Uint8Array {
  return finish(writer(EXTENT).uint64(zoneId).uint32(serial).uint64(upTo))
}

export function encodePageRequest({ zoneId, from, upTo }: PageRequest): Uint8Array {
  return finish(writer(PAGE).uint64(zoneId).uint64(from.seq).uint64(from.offset).uint64(upTo))
}

/** Throws {@link UnreadablePayload}, as all readers here do, for another version or a damaged payload. */
export function decodeHistoryRequest(
  payload: Uint8Array,
): (ExtentRequest & { kind: 'extent' }) | (PageRequest & { kind: 'page' }) {
  const { kind, reader } = versioned(payload)
  if (kind === EXTENT) {
    const request = { zoneId: reader.uint64(), serial: reader.uint32(), upTo: reader.uint64() }
    reader.end()
    return { kind: 'extent', ...request }
  }
  if (kind !== PAGE) throw new UnreadablePayload(`request of kind ${kind} is not one that this program knows`)
  const request = { zoneId: reader.uint64(), from: readPlace(reader), upTo: reader.uint64() }
  reader.end()
  return { kind: 'page', ...request }
}

export function encodeExtent({ after, upTo, changes, octets }: Omit<Extent, 'kind'>): Uint8Array {
  return finish(writer(EXTENT).uint64(after).uint64(upTo).uint64(changes).uint64(octets))
}

export function encodeNoHistory(why: Refusal): Uint8Array {
  return finish(writer(REFUSED).byte(REFUSALS.indexOf(why)))
}

export function encodePage({ records, next }: Omit<Page, 'kind'>): Uint8Array {
  const { seq, offset } = next ?? { seq: 0, offset: 0 }
  return finish(writer(PAGE).uint64(seq).uint64(offset).bytes(records))
}

export function decodeHistoryReply(payload: Uint8Array): Extent | Page | Refused {
  const { kind, reader } = versioned(payload)
  const reply = readReply(kind, reader)
  reader.end()
  return reply
}

function readReply(kind: number, reader: BinaryReader): Extent | Page | Refused {
  if (kind === EXTENT) {
    const [after, upTo, changes, octets] = [
      reader.uint64(),
      reader.uint64(),
      reader.uint64(),
      reader.uint64(),
    ]
    return { kind: 'extent', after, upTo, changes, octets }
  }
  if (kind === PAGE) {
    const next = readPlace(reader)
    return { kind: 'page', records: reader.bytes(), next: next.seq === 0 ? undefined : next }
  }
  const why = kind === REFUSED ? REFUSALS[reader.byte()] : undefined
  if (why === undefined)
    throw new UnreadablePayload(`reply of kind ${kind} is not one that this program knows`)
  return { kind: 'refused', why }
}

function readPlace(reader: BinaryReader): Place {
  return { seq: reader.uint64(), offset: reader.uint64() }
}

function writer(kind: number): BinaryWriter {
  return new BinaryWriter().byte(kind)
}

function finish(body: BinaryWriter): Uint8Array {
  return checkedPayload(HISTORY_SERVICE_VERSION, body)
}

function versioned(payload: Uint8Array): { kind: number; reader: BinaryReader } {
  const reader = readChecked(HISTORY_SERVICE_VERSION, payload, 'history service')
  return { kind: reader.byte(), reader }
}
