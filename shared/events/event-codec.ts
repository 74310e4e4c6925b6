import { hash as digest } from 'node:crypto'
import type { Identity, Transport } from '../commands.ts'
import { BinaryReader, BinaryWriter, UnreadablePayload } from './binary.ts'
import { EVENT_KINDS, type EventKind, type UnchainedEvent, type ZoneEvent } from './zone-event.ts'

/** First octet of the canonical form. A reader refuses any other; see docs/architecture.md for how it grows. */
export const EVENT_VERSION = 1
export const HASH_LENGTH = 32
/** What the first event of a zone is chained to. */
export const NO_HASH: Uint8Array = new Uint8Array(HASH_LENGTH)

/** What {@link encodeEvent} gives for events that were chained here, which are published soon after. */
const encoded = new WeakMap<ZoneEvent, Uint8Array>()

/** Chains an event to the one before it: the hash covers the canonical form, which holds the previous hash (P6). */
export function chainEvent(event: UnchainedEvent, previousHash: Uint8Array): ZoneEvent {
  const octets = canonicalForm(event, previousHash).finish(HASH_LENGTH)
  const hash = sha256(octets.subarray(0, -HASH_LENGTH))
  octets.set(hash, octets.length - HASH_LENGTH)
  const chained = { ...event, previousHash, hash }
  encoded.set(chained, octets)
  return chained
}

/** Whether the event's hash is that of its contents. */
export function hashHolds(event: ZoneEvent): boolean {
  return Buffer.compare(sha256(canonicalForm(event, event.previousHash).written), event.hash) === 0
}

/** The canonical form followed by the hash: what travels on `zonelog.events.*`. */
export function encodeEvent(event: ZoneEvent): Uint8Array {
  return encoded.get(event) ?? Buffer.concat([canonicalForm(event, event.previousHash).written, event.hash])
}

/** First octet of a notice; no version of the canonical form will have it. */
export const NOTICE_VERSION = 0

/** Stands in for an event that is too large for a message: that it exists. Whoever needs it asks a writer or the API. */
export function encodeNotice({ zoneId, seq }: { zoneId: number; seq: number }): Uint8Array {
  return new BinaryWriter().byte(NOTICE_VERSION).uint64(zoneId).uint64(seq).finish()
}

/** Reads {@link encodeEvent}'s form. Throws UnreadablePayload for another version or a damaged payload. */
export function decodeEvent(payload: Uint8Array): ZoneEvent {
  const reader = new BinaryReader(payload)
  const version = reader.byte()
  if (version !== EVENT_VERSION)
    throw new UnreadablePayload(`event version ${version}, this program reads ${EVENT_VERSION}`)
  const event = {
    zoneId: reader.uint64(),
    seq: reader.uint64(),
    kind: kindOf(reader.text()),
    commandId: reader.text(),
    fingerprint: reader.bytes(),
    receivedAt: reader.uint64(),
    queuedAt: reader.uint64(),
    decidedAt: reader.uint64(),
    identity: reader.text() as Identity,
    source: { address: reader.text(), port: reader.uint32() },
    transport: reader.text() as Transport,
    edgeId: reader.text(),
    message: reader.bytes(),
    rcode: reader.uint32(),
    section: reader.text(),
    reason: reader.text(),
    detail: reader.text(),
    rule: reader.text(),
    serialBefore: reader.uint32(),
    serialAfter: reader.uint32(),
    diff: reader.bytes(),
    previousHash: reader.bytes(),
    hash: reader.rest(),
  }
  const form = payload.subarray(0, payload.length - HASH_LENGTH)
  if (event.hash.length !== HASH_LENGTH || Buffer.compare(sha256(form), event.hash) !== 0)
    throw new UnreadablePayload('hash does not match the contents')
  return event
}

// each use ends before the next begins
const writer = new BinaryWriter()

/** Every field but the hash, in this order, strings and octets with a 32-bit length before them; in a writer that the next one uses again. */
function canonicalForm(event: UnchainedEvent, previousHash: Uint8Array): BinaryWriter {
  return writer
    .restart()
    .byte(EVENT_VERSION)
    .uint64(event.zoneId)
    .uint64(event.seq)
    .text(event.kind)
    .text(event.commandId)
    .bytes(event.fingerprint)
    .uint64(event.receivedAt)
    .uint64(event.queuedAt)
    .uint64(event.decidedAt)
    .text(event.identity)
    .text(event.source.address)
    .uint32(event.source.port)
    .text(event.transport)
    .text(event.edgeId)
    .bytes(event.message)
    .uint32(event.rcode)
    .text(event.section)
    .text(event.reason)
    .text(event.detail)
    .text(event.rule)
    .uint32(event.serialBefore)
    .uint32(event.serialAfter)
    .bytes(event.diff)
    .bytes(previousHash)
}

function sha256(octets: Uint8Array): Uint8Array {
  return digest('sha256', octets, 'buffer')
}

/** Throws UnreadablePayload for a kind that this program does not know. */
export function kindOf(text: string): EventKind {
  const kind = EVENT_KINDS.find((known) => known === text)
  if (kind === undefined) throw new UnreadablePayload(`unknown kind of event: ${text}`)
  return kind
}
