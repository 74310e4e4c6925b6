// Plain reads and writes; the caller has checked the bounds.

export function u16(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!
}

export function u32(octets: Uint8Array, at: number): number {
  return ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0
}

/** Exact up to 2^53. */
export function u64(octets: Uint8Array, at: number): number {
  return u32(octets, at) * 2 ** 32 + u32(octets, at + 4)
}

export function putU16(octets: Uint8Array, at: number, value: number): number {
  octets[at] = value >>> 8
  octets[at + 1] = value
  return at + 2
}

export function putU32(octets: Uint8Array, at: number, value: number): number {
  octets[at] = value >>> 24
  octets[at + 1] = value >>> 16
  octets[at + 2] = value >>> 8
  octets[at + 3] = value
  return at + 4
}

export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** A copy that keeps nothing else in memory. `slice` of a Buffer is a view of the whole message that it came in. */
export function ownCopy(octets: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(octets)
}
