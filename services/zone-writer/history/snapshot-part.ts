import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { BinaryReader, BinaryWriter, UnreadablePayload } from '../../../shared/events/binary.ts'
import type { StoredState } from '../store/history-states.ts'

const VERSION = 1
const compress = promisify(gzip)
const expand = promisify(gunzip)

/** States as they are kept in one part of a snapshot. */
export async function encodePart(states: readonly StoredState[]): Promise<Uint8Array> {
  const out = new BinaryWriter().byte(VERSION)
  for (const { owner, type, state } of states) out.bytes(owner).uint32(type).bytes(state)
  return await compress(out.finish(), { level: 2 })
}

/** Throws UnreadablePayload for what {@link encodePart} did not write. */
export async function decodePart(octets: Uint8Array): Promise<StoredState[]> {
  const expanded = await expand(octets).catch((error: Error) => {
    throw new UnreadablePayload(`a part of a snapshot cannot be expanded: ${error.message}`)
  })
  const reader = new BinaryReader(expanded)
  if (reader.byte() !== VERSION) throw new UnreadablePayload('a snapshot of another version')
  const states: StoredState[] = []
  while (reader.position < expanded.length) {
    const [owner, type, state] = [reader.bytes(), reader.uint32(), reader.bytes()]
    states.push({ owner: owner as Buffer, type, state: state as Buffer })
  }
  return states
}
