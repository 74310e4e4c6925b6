import { randomBytes } from 'node:crypto'

/** UUIDv7 (RFC 9562 §5.7): unique, and in order of time, which keeps the index on it compact. `now` in ms since the epoch. */
export function newCommandId(now: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
