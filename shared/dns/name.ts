import { labelEnd, labelOctets, readEscape, WRITTEN, writeEscaped } from './name-text.ts'
import { MAX_LABEL, MAX_NAME } from './name-wire.ts'
import type { TextParsed } from './result.ts'

export { nameToWire, readName, readPlainName, writeName } from './name-wire.ts'

/** A name in canonical text, absolute (final dot), ASCII letters lower-cased: equal names are equal strings. */
export type Name = string & { readonly __name: 'canonical' }
/** A name in canonical text with the case of its letters kept as given. */
export type GivenName = string & { readonly __name: 'canonical' | 'given' }

export const ROOT = '.' as Name

/**
 * Reads a name in presentation format (RFC 1035 §5.1). A name without a final dot is relative to `origin`, and `@`
 * is `origin` itself; without an origin a final dot is optional. Characters beyond ASCII count as their UTF-8 octets.
 */
export function parseName(text: string, origin?: GivenName): TextParsed<GivenName> {
  if (text === '') return { ok: false, reason: 'a name is missing' }
  if (text === '.') return { ok: true, value: ROOT }
  if (text === '@' && origin !== undefined) return { ok: true, value: origin }
  const input = Buffer.from(text)
  const out = Buffer.allocUnsafe(4 * input.length + 1)
  let written = 0
  let label = 0
  let octets = 1
  for (let at = 0; at < input.length; ) {
    let octet = input[at]!
    if (octet === 0x2e) {
      if (label === 0) return { ok: false, reason: `empty label in the name ${quote(text)}` }
      octets += label + 1
      label = 0
      out[written++] = 0x2e
      at++
      continue
    }
    if (octet === 0x5c) {
      const escaped = readEscape(input, at)
      if (escaped === undefined) return { ok: false, reason: `bad escape in the name ${quote(text)}` }
      octet = escaped.octet
      at = escaped.end
    } else if (octet <= 0x20 || octet === 0x7f) {
      return { ok: false, reason: `the name ${quote(text)} holds a character that must be written as \\DDD` }
    } else at++
    if (++label > MAX_LABEL)
      return { ok: false, reason: `label longer than 63 octets in the name ${quote(text)}` }
    if (WRITTEN[octet] === 0) out[written++] = octet
    else written = writeEscaped(octet, out, written)
  }
  let name = out.toString('latin1', 0, written)
  if (label > 0) {
    octets += label + 1
    name += '.'
    if (origin !== undefined && origin !== ROOT) {
      octets += wireLength(origin) - 1
      name += origin
    }
  }
  if (octets > MAX_NAME) return { ok: false, reason: `the name ${quote(text)} is longer than 255 octets` }
  return { ok: true, value: name as GivenName }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

function wireLength(name: GivenName): number {
  return labelsOf(name).reduce((sum, label) => sum + labelOctets(label).length + 1, 1)
}

/** For constants, tests and trusted values. Throws on text that is no name. */
export function nameOf(text: string): Name {
  const parsed = parseName(text)
  if (!parsed.ok) throw new TypeError(parsed.reason)
  return canonicalName(parsed.value)
}

/** RFC 4343: only ASCII letters have no case. The text of a name is ASCII throughout. */
export function canonicalName(name: GivenName): Name {
  return name.toLowerCase() as Name
}

/** The escaped texts of the labels, leftmost first, without the root. */
export function labelsOf(name: GivenName): string[] {
  if (name === ROOT) return []
  const labels: string[] = []
  for (let from = 0; from < name.length; ) {
    const end = labelEnd(name, from)
    labels.push(name.slice(from, end))
    from = end + 1
  }
  return labels
}

/** The name without its leftmost label; undefined for the root. */
export function parentOf(name: Name): Name | undefined {
  if (name === ROOT) return undefined
  const end = labelEnd(name, 0)
  return end === name.length - 1 ? ROOT : (name.slice(end + 1) as Name)
}

/** Whether `name` is `of` or below it. */
export function isSubdomain(name: Name, of: Name): boolean {
  if (of === ROOT || name === of) return true
  if (!name.endsWith(of)) return false
  let at = name.length - of.length - 1
  if (name.charCodeAt(at) !== 0x2e) return false
  let backslashes = 0
  while (at > 0 && name.charCodeAt(--at) === 0x5c) backslashes++
  return backslashes % 2 === 0
}

/** RFC 4034 §6.1 canonical order: label by label from the right, as octets; a parent comes before its children. */
export function compareNames(a: Name, b: Name): number {
  if (a === b) return 0
  return orderKey(a) < orderKey(b) ? -1 : 1
}

/** A string for each name such that `<` between two of them is the canonical order: for sorting many names. */
export function orderKey(name: Name): string {
  let key = ''
  for (const label of labelsOf(name).reverse()) {
    const octets = labelOctets(label)
    // 0 divides labels and sorts before everything; the octets 0 and 1 make way for it.
    key += octets === label ? octets : octets.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01')
    key += '\0'
  }
  return key
}
