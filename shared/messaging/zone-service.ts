import { type BinaryReader, BinaryWriter, UnreadablePayload } from '../events/binary.ts'
import { HASH_LENGTH } from '../events/event-codec.ts'
import { checkedPayload, readChecked } from './checked-payload.ts'

/**
 * What edges ask the writers about zones, and the replies, each with a checksum. Any writer answers; the subjects are in
 * subjects.ts.
 */
export const ZONE_SERVICE_VERSION = 2
/** Writers share requests in one queue group. */
export const ZONE_SERVICE_QUEUE = 'writers'
/** Data octets of one part of a snapshot, at most. An edge answers no query while it takes one in, so parts are small. */
export const PART_OCTETS = 64 * 1024
/** Parts that a writer sends before it waits for the edge to have taken the first of them. */
export const PARTS_AHEAD = 8
/** A zone of no more parts is small: it takes no turn of the large ones, of which few are sent at once. */
export const SMALL_PARTS = 4
/** Either side gives up when the other has been silent for this long, in ms. */
export const SILENCE_MS = 3_000
/** Zones of one request for heads, at most. */
export const HEADS_AT_ONCE = 5_000

/** Where a zone's history stands: the number and hash of its newest event, and the serial after it. */
export interface ZoneHead {
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
}

/** What an edge needs of one event. A `ZoneEvent` is one. */
export interface ZoneStep {
  readonly seq: number
  readonly kind: string
  readonly serialAfter: number
  /** RFC 1995 difference sequence; empty when contents did not change. */
  readonly diff: Uint8Array
  readonly previousHash: Uint8Array
  readonly hash: Uint8Array
}

/** One part of a snapshot: records in wire form, grouped by RRset; every part names the state that all belong to. */
export interface SnapshotPart {
  readonly kind: 'part'
  readonly zoneId: number
  readonly head: ZoneHead
  /** From 0. */
  readonly number: number
  /** How many parts there are: in the last one; 0 in the others. */
  readonly total: number
  readonly records: Uint8Array
}

export interface Steps {
  readonly kind: 'steps'
  readonly zoneId: number
  /** Consecutive, beginning right after the number asked for; fewer than there are when they would not fit one reply. */
  readonly steps: readonly ZoneStep[]
  /** The number of the newest event when the steps were read. */
  readonly newest: number
  /** Octets of the diff of the last step where it is too long for a reply, and so left out here: the history service has it. */
  readonly leftOut?: number
}

/**
 * Why a request got no data. `busy`: ask again, another writer may answer; `unknown-zone`: it does not exist or is deleted;
 * `behind`: this writer does not see the number asked for; `prefer-snapshot`: it is shorter than the steps; `unknown-serial`: the
 * zone never had it; `failed`: a fault.
 */
export const REFUSALS = [
  'busy',
  'unknown-zone',
  'behind',
  'prefer-snapshot',
  'failed',
  'unknown-serial',
] as const
export type Refusal = (typeof REFUSALS)[number]
export interface Refused {
  readonly kind: 'refused'
  readonly why: Refusal
}

const PART = 1
const STEPS = 2
const REFUSED = 3
const HEADS = 4

/** For a snapshot `seq` is the least number that it must have, for steps the last one that the edge has. */
export interface ZoneRequest {
  readonly zoneId: number
  readonly seq: number
}

export function encodeZoneRequest({ zoneId, seq }: ZoneRequest): Uint8Array {
  return finish(new BinaryWriter().uint64(zoneId).uint64(seq))
}

/** Throws {@link UnreadablePayload}, as all readers here do, for another version or a damaged payload. */
export function decodeZoneRequest(payload: Uint8Array): ZoneRequest {
  const reader = versioned(payload)
  const request = { zoneId: reader.uint64(), seq: reader.uint64() }
  reader.end()
  return request
}

export function encodeRefused(why: Refusal): Uint8Array {
  return finish(new BinaryWriter().byte(REFUSED).byte(REFUSALS.indexOf(why)))
}

export function encodePart(part: Omit<SnapshotPart, 'kind'>): Uint8Array {
  const ids = new BinaryWriter().byte(PART).uint64(part.zoneId).uint32(part.number).uint32(part.total)
  return finish(writeHead(ids, part.head).bytes(part.records))
}

export function encodeSteps({ zoneId, steps, newest, leftOut = 0 }: Omit<Steps, 'kind'>): Uint8Array {
  const out = new BinaryWriter().byte(STEPS).uint64(zoneId).uint64(newest).uint32(steps.length)
  for (const step of steps) {
    out.uint64(step.seq).text(step.kind).uint32(step.serialAfter)
    out.bytes(step.diff).bytes(step.previousHash).bytes(step.hash)
  }
  // an edge of before finds octets left over, and fetches a snapshot as ever
  if (leftOut > 0) out.uint32(leftOut)
  return finish(out)
}

export function decodeZoneReply(payload: Uint8Array): SnapshotPart | Steps | Refused {
  const reader = versioned(payload)
  const kind = reader.byte()
  const reply =
    kind === PART ? readPart(reader) : kind === STEPS ? readSteps(reader) : readRefused(kind, reader)
  reader.end()
  return reply
}

function readPart(reader: BinaryReader): SnapshotPart {
  const ids = { zoneId: reader.uint64(), number: reader.uint32(), total: reader.uint32() }
  return { kind: 'part', ...ids, head: readHead(reader), records: reader.bytes() }
}

function readSteps(reader: BinaryReader): Steps {
  const zoneId = reader.uint64()
  const newest = reader.uint64()
  const steps = Array.from({ length: reader.uint32() }, () => ({
    seq: reader.uint64(),
    kind: reader.text(),
    serialAfter: reader.uint32(),
    diff: reader.bytes(),
    previousHash: reader.bytes(),
    hash: reader.bytes(),
  }))
  return { kind: 'steps', zoneId, steps, newest, leftOut: reader.isAtEnd ? 0 : reader.uint32() }
}

function readRefused(kind: number, reader: BinaryReader): Refused {
  const why = kind === REFUSED ? REFUSALS[reader.byte()] : undefined
  if (why === undefined)
    throw new UnreadablePayload(`reply of kind ${kind} is not one that this program knows`)
  return { kind: 'refused', why }
}

export function encodeHeadsRequest(zoneIds: readonly number[]): Uint8Array {
  const out = new BinaryWriter().uint32(zoneIds.length)
  for (const id of zoneIds) out.uint64(id)
  return finish(out)
}

export function decodeHeadsRequest(payload: Uint8Array): number[] {
  const reader = versioned(payload)
  const count = reader.uint32()
  if (count > HEADS_AT_ONCE)
    throw new UnreadablePayload(`${count} zones in one request, at most ${HEADS_AT_ONCE} are allowed`)
  const ids = Array.from({ length: count }, () => reader.uint64())
  reader.end()
  return ids
}

/** Zones that do not exist, or are deleted, are left out. */
export function encodeHeads(heads: ReadonlyMap<number, ZoneHead>): Uint8Array {
  const out = new BinaryWriter().byte(HEADS).uint32(heads.size)
  for (const [zoneId, head] of heads) writeHead(out.uint64(zoneId), head)
  return finish(out)
}

export function decodeHeads(payload: Uint8Array): Map<number, ZoneHead> | Refused {
  const reader = versioned(payload)
  const kind = reader.byte()
  if (kind !== HEADS) return readRefused(kind, reader)
  const heads = new Map<number, ZoneHead>()
  for (let left = reader.uint32(); left > 0; left--) heads.set(reader.uint64(), readHead(reader))
  reader.end()
  return heads
}

function finish(body: BinaryWriter): Uint8Array {
  return checkedPayload(ZONE_SERVICE_VERSION, body)
}

function versioned(payload: Uint8Array): BinaryReader {
  return readChecked(ZONE_SERVICE_VERSION, payload, 'zone service')
}

function writeHead(out: BinaryWriter, { seq, serial, hash }: ZoneHead): BinaryWriter {
  return out.uint64(seq).uint32(serial).bytes(hash)
}

function readHead(reader: BinaryReader): ZoneHead {
  const head = { seq: reader.uint64(), serial: reader.uint32(), hash: reader.bytes() }
  if (head.hash.length !== HASH_LENGTH) throw new UnreadablePayload('a hash of the wrong length')
  return head
}
