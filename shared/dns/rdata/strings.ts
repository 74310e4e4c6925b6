import { readEscape } from '../name-text.ts'
import { expected, type Field, type Sink, type Tokens } from './field.ts'

const MAX_STRING = 255

/** The octets of a token, quoted or bare (RFC 1035 §5.1); undefined for a bad escape. Beyond ASCII: as UTF-8. */
export function textOctets(token: string): Uint8Array | undefined {
  const quoted = token.length > 1 && token.startsWith('"') && token.endsWith('"')
  const input = Buffer.from(quoted ? token.slice(1, -1) : token)
  if (!input.includes(0x5c)) return input
  const out = Buffer.allocUnsafe(input.length)
  let length = 0
  for (let at = 0; at < input.length; ) {
    if (input[at] !== 0x5c) {
      out[length++] = input[at++]!
      continue
    }
    const escaped = readEscape(input, at)
    if (escaped === undefined) return undefined
    out[length++] = escaped.octet
    at = escaped.end
  }
  return out.subarray(0, length)
}

/** Octets as text for inside quotes: `"` and `\` after a backslash, what is not printable ASCII as `\DDD`. */
export function escapeText(octets: Uint8Array, at: number, end: number): string {
  let text = ''
  for (let index = at; index < end; index++) {
    const octet = octets[index]!
    if (octet === 0x22 || octet === 0x5c) text += `\\${String.fromCharCode(octet)}`
    else if (octet < 0x20 || octet >= 0x7f) text += `\\${String(octet).padStart(3, '0')}`
    else text += String.fromCharCode(octet)
  }
  return text
}

function takeText(tokens: Tokens, what: string): Uint8Array | string {
  const token = tokens.next()
  if (token === undefined) return expected(what, token)
  return textOctets(token) ?? `bad escape in ${token}`
}

export function endOfString(octets: Uint8Array, at: number, limit: number): number {
  if (at >= limit) return -1
  const end = at + 1 + octets[at]!
  return end <= limit ? end : -1
}

function putString(tokens: Tokens, out: Sink): string | undefined {
  const text = takeText(tokens, 'a character string')
  if (typeof text === 'string') return text
  if (text.length > MAX_STRING) return `a character string has ${text.length} octets: the most are 255`
  out.octet(text.length)
  out.append(text)
  return undefined
}

function printString(octets: Uint8Array, at: number, end: number): string {
  return `"${escapeText(octets, at + 1, end)}"`
}

/** One `<character-string>` (RFC 1035 §3.3). */
export const string: Field = {
  what: 'a character string',
  end: endOfString,
  print: printString,
  parse: putString,
}

/** `min` to `max` character strings that fill the rest. */
export function strings(min: number, max = Number.POSITIVE_INFINITY): Field {
  return {
    what: 'character strings to the end',
    end(octets, at, limit) {
      let count = 0
      let next = at
      while (next >= 0 && next < limit) {
        next = endOfString(octets, next, limit)
        count++
      }
      return count >= min && count <= max ? next : -1
    },
    print(octets, at, end) {
      const texts: string[] = []
      for (let next = at; next < end; ) {
        const stop = endOfString(octets, next, end)
        texts.push(printString(octets, next, stop))
        next = stop
      }
      return texts.join(' ')
    },
    parse(tokens, out) {
      for (let count = 0; count < min || (tokens.left > 0 && count < max); count++) {
        const problem = putString(tokens, out)
        if (problem !== undefined) return problem
      }
      return undefined
    },
  }
}

/** A character string whose text obeys a rule, such as X25's digits. */
export function stringOf(what: string, rule: RegExp): Field {
  return {
    ...string,
    what,
    end(octets, at, limit) {
      const end = endOfString(octets, at, limit)
      if (end < 0) return -1
      return rule.test(Buffer.from(octets.subarray(at + 1, end)).toString('latin1')) ? end : -1
    },
  }
}

/** CAA's property tag (RFC 8659 §4.1): letters and digits, printed bare. */
export const tag: Field = {
  ...stringOf('a tag of letters and digits', /^[a-z\d]+$/i),
  print: (octets, at, end) => escapeText(octets, at + 1, end),
}

/** Text without a length that fills the rest (CAA's value, URI's target). */
export const textRest: Field = {
  what: 'text',
  end: (_octets, _at, limit) => limit,
  print: (octets, at, end) => `"${escapeText(octets, at, end)}"`,
  parse(tokens, out) {
    const text = takeText(tokens, 'text')
    if (typeof text === 'string') return text
    out.append(text)
    return undefined
  },
}
