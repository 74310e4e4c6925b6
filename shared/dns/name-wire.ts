import type { GivenName } from './name.ts'
import { isDigit, WRITTEN, writeEscaped } from './name-text.ts'
import { malformed, type Parsed } from './result.ts'

export const MAX_NAME = 255
export const MAX_LABEL = 63
const HEADER_OCTETS = 12
/** A name has at most 127 labels, and a pointer that brings no label along serves nobody. */
const MAX_POINTERS = 127

// Calls do not nest, so one scratch serves all: 255 octets of at most four characters.
const scratch = Buffer.allocUnsafe(4 * MAX_NAME + 4)

export type ReadName = { name: GivenName; end: number }

/**
 * Reads a name that may be compressed (RFC 1035 §4.1.4). A pointer must lead to octets before everything read so
 * far, and not into the header, so time is bounded whatever the octets are. `end` is the offset after the name as it
 * stands at `offset`.
 */
export function readName(message: Uint8Array, offset: number): Parsed<ReadName> {
  return read(message, offset, message.length, true)
}

/** Reads a name where no compression is allowed, from octets that end at `limit`. */
export function readPlainName(octets: Uint8Array, offset: number, limit = octets.length): Parsed<ReadName> {
  return read(octets, offset, limit, false)
}

/** The offset after the uncompressed name at `at`, which must end by `limit`; -1 when there is none. */
export function skipName(octets: Uint8Array, at: number, limit: number): number {
  const furthest = Math.min(limit, at + MAX_NAME)
  let next = at
  while (next < furthest) {
    const length = octets[next]!
    if (length === 0) return next + 1
    if (length > MAX_LABEL) return -1
    next += length + 1
  }
  return -1
}

function read(message: Uint8Array, offset: number, limit: number, compressed: boolean): Parsed<ReadName> {
  let at = offset
  let end = -1
  let segment = offset
  let pointers = 0
  let octets = 1
  let written = 0
  for (;;) {
    if (at >= limit) return malformed(at, 'name runs past the end')
    const length = message[at]!
    if (length === 0) break
    if (length > MAX_LABEL) {
      if (length < 0xc0) return malformed(at, 'label type is neither a length nor a pointer')
      if (!compressed) return malformed(at, 'compression is not allowed here')
      if (at + 1 >= limit) return malformed(at, 'pointer runs past the end')
      const target = ((length & 0x3f) << 8) | message[at + 1]!
      if (target >= segment) return malformed(at, 'compression pointer does not lead backwards')
      if (target < HEADER_OCTETS) return malformed(at, 'compression pointer leads into the header')
      if (++pointers > MAX_POINTERS) return malformed(at, 'too many compression pointers')
      if (end < 0) end = at + 2
      segment = target
      at = target
      continue
    }
    const stop = at + 1 + length
    octets += length + 1
    if (stop > limit) return malformed(at, 'label runs past the end')
    if (octets > MAX_NAME) return malformed(at, 'name is longer than 255 octets')
    for (let index = at + 1; index < stop; index++) {
      const octet = message[index]!
      if (WRITTEN[octet] === 0) scratch[written++] = octet
      else written = writeEscaped(octet, scratch, written)
    }
    scratch[written++] = 0x2e
    at = stop
  }
  const name = (written === 0 ? '.' : scratch.toString('latin1', 0, written)) as GivenName
  return { ok: true, value: { name, end: end < 0 ? at + 1 : end } }
}

/** Writes a name uncompressed, case kept, and returns the offset after it. `out` needs `name.length + 1` octets. */
export function writeName(name: GivenName, out: Uint8Array, at: number): number {
  if (name === '.') {
    out[at] = 0
    return at + 1
  }
  return writeLabels(name, 0, name.length, out, at, true)
}

/** Writes the labels in `name` between two offsets that stand at label starts, with the root label if `closed`. */
export function writeLabels(
  name: GivenName,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
  closed: boolean,
): number {
  let lengthAt = at
  let next = at + 1
  for (let index = from; index < to; index++) {
    let code = name.charCodeAt(index)
    if (code === 0x2e) {
      out[lengthAt] = next - lengthAt - 1
      lengthAt = next++
      continue
    }
    if (code === 0x5c) {
      code = name.charCodeAt(++index)
      if (isDigit(code)) {
        code =
          (code - 0x30) * 100 + (name.charCodeAt(index + 1) - 0x30) * 10 + name.charCodeAt(index + 2) - 0x30
        index += 2
      }
    }
    out[next++] = code
  }
  if (!closed) return lengthAt
  out[lengthAt] = 0
  return lengthAt + 1
}

/** The name in wire form, uncompressed, case kept. */
export function nameToWire(name: GivenName): Uint8Array {
  const out = Buffer.allocUnsafe(name.length + 1)
  return out.subarray(0, writeName(name, out, 0))
}

/** Octets that {@link writeName} would write, counted without writing. */
export function nameWireLength(name: GivenName): number {
  if (name === '.') return 1
  if (!name.includes('\\')) return name.length + 1
  return nameToWire(name).length
}
