import { BinaryReader, BinaryWriter, UnreadablePayload } from '../events/binary.ts'

/** How writers ask all edges what they hold of a zone, and tell one that it is wrong. */

const VERSION = 1

/** What an edge holds of a zone. */
export interface EdgeDigest {
  readonly edgeId: string
  readonly zoneId: number
  readonly seq: number
  /** See shared/contents-digest.ts. */
  readonly digest: Uint8Array
}

/** The zone that is asked about, or that is to be fetched anew. */
export function encodeZoneId(zoneId: number): Uint8Array {
  return new BinaryWriter().byte(VERSION).uint64(zoneId).finish()
}

/** Throws UnreadablePayload, as {@link decodeDigest}, for another version or a damaged payload. */
export function decodeZoneId(payload: Uint8Array): number {
  const reader = versioned(payload)
  const zoneId = reader.uint64()
  reader.end()
  return zoneId
}

export function encodeDigest({ edgeId, zoneId, seq, digest }: EdgeDigest): Uint8Array {
  return new BinaryWriter().byte(VERSION).text(edgeId).uint64(zoneId).uint64(seq).bytes(digest).finish()
}

export function decodeDigest(payload: Uint8Array): EdgeDigest {
  const reader = versioned(payload)
  const digest = {
    edgeId: reader.text(),
    zoneId: reader.uint64(),
    seq: reader.uint64(),
    digest: reader.bytes(),
  }
  reader.end()
  return digest
}

function versioned(payload: Uint8Array): BinaryReader {
  const reader = new BinaryReader(payload)
  const version = reader.byte()
  if (version !== VERSION)
    throw new UnreadablePayload(`digest service version ${version}, this program speaks ${VERSION}`)
  return reader
}
