import { randomFillSync } from 'node:crypto'

const RANDOM_OCTETS = 10
/** Random octets are asked of the system for many ids at once. */
const pool = Buffer.alloc(400 * RANDOM_OCTETS)
let used = pool.length

/** UUIDv7 (RFC 9562 §5.7): unique, and in order of time, which keeps the index on it compact. `now` in ms since the epoch. */
export function newCommandId(now: number): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes.set(pool.subarray(used, used + RANDOM_OCTETS), 6)
  used += RANDOM_OCTETS
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

export const COMMAND_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
