import { createHash } from 'node:crypto'
import { BinaryReader, type BinaryWriter, UnreadablePayload } from '../events/binary.ts'

/** A payload that tells its version, and on which damage shows: [version][SHA-256 of the body][body]. */
export function checkedPayload(version: number, body: BinaryWriter): Uint8Array {
  const octets = body.finish()
  return Buffer.concat([Uint8Array.of(version), checksum(octets), octets])
}

/** The body of {@link checkedPayload}. Throws {@link UnreadablePayload} for another version, or octets that are not those sent. */
export function readChecked(version: number, payload: Uint8Array, service: string): BinaryReader {
  const reader = new BinaryReader(payload)
  const theirs = reader.byte()
  if (theirs !== version)
    throw new UnreadablePayload(`${service} version ${theirs}, this program speaks ${version}`)
  const sum = reader.octets(CHECKSUM_LENGTH)
  const body = reader.rest()
  if (Buffer.compare(checksum(body), sum) !== 0)
    throw new UnreadablePayload(`a message of the ${service} does not have the checksum it was sent with`)
  return new BinaryReader(body)
}

const CHECKSUM_LENGTH = 32

function checksum(octets: Uint8Array): Uint8Array {
  return createHash('sha256').update(octets).digest()
}
