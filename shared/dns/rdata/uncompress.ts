import type { GivenName } from '../name.ts'
import { readName, skipName, writeName } from '../name-wire.ts'
import { malformed, type Parsed } from '../result.ts'
import type { Field } from './field.ts'
import { SHAPES } from './shapes.ts'

/** For each type of RFC 3597 §4, its fields up to the last name. */
const LEADS = new Map<number, readonly Field[]>()
for (const [type, fields] of SHAPES) {
  const last = fields.findLastIndex((field) => field.embedded === 'legacy')
  if (last >= 0) LEADS.set(type, fields.slice(0, last + 1))
}

/**
 * The RDATA between two offsets of a message with its names decompressed, for the types where RFC 3597 §4 allows
 * compression. Undefined when the octets can stay as they are.
 */
export function uncompressedRdata(
  type: number,
  message: Uint8Array,
  start: number,
  end: number,
): Parsed<Uint8Array> | undefined {
  const fields = LEADS.get(type)
  if (fields === undefined || isPlain(fields, message, start, end)) return undefined
  return uncompress(fields, message, start, end)
}

function isPlain(fields: readonly Field[], message: Uint8Array, start: number, end: number): boolean {
  let at = start
  for (const field of fields) {
    at = field.embedded === undefined ? field.end(message, at, end) : skipName(message, at, end)
    if (at < 0) return false
  }
  return true
}

function uncompress(
  fields: readonly Field[],
  message: Uint8Array,
  start: number,
  end: number,
): Parsed<Uint8Array> {
  const names: { from: number; to: number; name: GivenName }[] = []
  let at = start
  let size = end - start
  for (const field of fields) {
    const from = at
    if (field.embedded === undefined) {
      at = field.end(message, at, end)
      if (at < 0) return malformed(from, `expected ${field.what}`)
      continue
    }
    const read = readName(message, from)
    if (!read.ok) return read
    at = read.value.end
    if (at > end) return malformed(from, 'name runs past the end of its RDATA')
    names.push({ from, to: at, name: read.value.name })
    size += read.value.name.length + 1
  }
  const out = Buffer.allocUnsafe(size)
  let length = 0
  let copied = start
  for (const { from, to, name } of names) {
    out.set(message.subarray(copied, from), length)
    length = writeName(name, out, length + from - copied)
    copied = to
  }
  out.set(message.subarray(copied, end), length)
  return { ok: true, value: out.subarray(0, length + end - copied) }
}
