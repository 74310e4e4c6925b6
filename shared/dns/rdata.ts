import { typeToText } from './codes.ts'
import { type GivenName, ROOT } from './name.ts'
import { equalOctets } from './octets.ts'
import { expected, type Field, Sink, Tokens } from './rdata/field.ts'
import { genericFromTokens, genericToText } from './rdata/generic.ts'
import { SHAPES } from './rdata/shapes.ts'
import type { TextParsed } from './result.ts'
import { splitTokens } from './zone-file-lexer.ts'

/** Why `rdata` does not parse as RDATA of its type; undefined when it does. Any octets do for an unknown type. */
export function checkRdata(type: number, rdata: Uint8Array): string | undefined {
  const fields = SHAPES.get(type)
  if (fields === undefined) return undefined
  let at = 0
  for (const field of fields) {
    const end = field.end(rdata, at, rdata.length)
    if (end < 0) return `${typeToText(type)}: expected ${field.what} at octet ${at} of the RDATA`
    at = end
  }
  return at === rdata.length ? undefined : `${typeToText(type)}: ${rdata.length - at} octets too many`
}

/**
 * RFC 4034 §6.2 (with RFC 6840 §5.1): the names inside the RDATA of the listed types in lower case. For comparison
 * only; what is stored keeps its case. RDATA that has no upper-case letter there is returned as it is.
 */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const fields = FOLDED.get(type)
  if (fields === undefined) return rdata
  let folded: Uint8Array | undefined
  let at = 0
  for (const field of fields) {
    const end = field.end(rdata, at, rdata.length)
    if (end < 0) return rdata
    if (field.embedded !== undefined && field.embedded !== 'exact') {
      for (let index = at; index < end; index++) {
        const octet = rdata[index]!
        // A length octet is at most 63: below the letters.
        if (octet < 0x41 || octet > 0x5a) continue
        folded ??= Buffer.from(rdata)
        folded[index] = octet | 0x20
      }
    }
    at = end
  }
  return folded ?? rdata
}

/** Whether two RDATA of one type are the same record (RFC 2136 §1.1.1). */
export function rdataEqual(type: number, a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false // case does not change a length
  return (
    equalOctets(a, b) || (FOLDED.has(type) && equalOctets(canonicalRdata(type, a), canonicalRdata(type, b)))
  )
}

/** The fields of the types whose names are lower-cased, up to the last such name. */
const FOLDED = new Map<number, readonly Field[]>()
for (const [type, fields] of SHAPES) {
  const last = fields.findLastIndex(({ embedded }) => embedded === 'legacy' || embedded === 'folded')
  if (last >= 0) FOLDED.set(type, fields.slice(0, last + 1))
}

/** A text that two values of a type share exactly when they are equal (RFC 2136 §1.1.1): a key for maps and sets. */
export function rdataKey(type: number, rdata: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = canonicalRdata(type, rdata)
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
}

/**
 * Presentation format; RFC 3597 `\#` for an unknown type, and for octets that do not parse or whose text would not
 * read back as the same octets (LOC, for one, has several encodings of one size).
 */
export function rdataToText(type: number, rdata: Uint8Array): string {
  const fields = SHAPES.get(type)
  if (fields === undefined || checkRdata(type, rdata) !== undefined) return genericToText(rdata)
  const texts: string[] = []
  let at = 0
  for (const field of fields) {
    const end = field.end(rdata, at, rdata.length)
    const text = field.print(rdata, at, end)
    if (text !== '') texts.push(text)
    at = end
  }
  const text = texts.join(' ')
  const back = rdataFromText(type, text, ROOT)
  return back.ok && equalOctets(back.value, rdata) ? text : genericToText(rdata)
}

/**
 * Reads presentation format, given as one line or as tokens with their quotes and escapes still in them. `\#` does
 * for every type, and its octets must then parse as that type. Relative names are below `origin`.
 */
export function rdataFromText(
  type: number,
  text: string | readonly string[],
  origin?: GivenName,
): TextParsed<Uint8Array> {
  const tokens = typeof text === 'string' ? splitTokens(text) : text
  return rdataFromTokens(type, new Tokens(tokens, origin))
}

/** As {@link rdataFromText}; after a failure `tokens.at` is behind the token that was wrong. */
export function rdataFromTokens(type: number, tokens: Tokens): TextParsed<Uint8Array> {
  if (tokens.peek() === '\\#') {
    const generic = genericFromTokens(tokens)
    const problem = generic.ok ? checkRdata(type, generic.value) : undefined
    return problem === undefined ? generic : { ok: false, reason: problem }
  }
  const fields = SHAPES.get(type)
  if (fields === undefined) {
    tokens.next()
    return { ok: false, reason: `${typeToText(type)} has no text of its own: expected \\# LENGTH HEX` }
  }
  const out = new Sink()
  for (const field of fields) {
    const problem = field.parse(tokens, out)
    if (problem !== undefined) return { ok: false, reason: `${typeToText(type)}: ${problem}` }
  }
  if (tokens.left > 0) {
    return { ok: false, reason: `${typeToText(type)}: ${expected('the end of the record', tokens.next())}` }
  }
  const taken = out.taken()
  const problem = taken.ok ? checkRdata(type, taken.value) : undefined
  return problem === undefined ? taken : { ok: false, reason: problem }
}
