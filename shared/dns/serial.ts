/** An SOA serial: an integer from 0 to 2^32 - 1 with the arithmetic of RFC 1982. */
export type Serial = number & { readonly __brand: 'Serial' }

/** RFC 1982 §3.2: -1 when `a` is before `b`; undefined for the one distance, 2^31, left without an order. */
export function compareSerial(a: Serial, b: Serial): -1 | 0 | 1 | undefined {
  const distance = (b - a) >>> 0
  if (distance === 0) return 0
  if (distance === 0x8000_0000) return undefined
  return distance < 0x8000_0000 ? -1 : 1
}

/** RFC 1982 §3.1: `n` from 0 to 2^31 - 1; anything else is a fault. */
export function addSerial(serial: Serial, n: number): Serial {
  if (!Number.isInteger(n) || n < 0 || n > 0x7fff_ffff) throw new RangeError(`cannot add ${n} to a serial`)
  return ((serial + n) >>> 0) as Serial
}
