import { randomBytes } from 'node:crypto'

/** Clients choose names; they must not be able to choose names that collide. */
const SEED = randomBytes(4).readUInt32LE()

/** A hash of the first `length` characters of a canonical name (FNV-1a, with the mixing of MurmurHash3 at the end). */
export function hashName(name: string, length: number): number {
  let hash = SEED
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
