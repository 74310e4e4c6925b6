import { fromBase32Hex, toBase32Hex } from './base32.ts'
import { expected, type Field, type Tokens } from './field.ts'
import { endOfString } from './strings.ts'

export function hexText(octets: Uint8Array, at: number, end: number): string {
  return Buffer.from(octets.buffer, octets.byteOffset + at, end - at)
    .toString('hex')
    .toUpperCase()
}

export function base64Text(octets: Uint8Array, at: number, end: number): string {
  return Buffer.from(octets.buffer, octets.byteOffset + at, end - at).toString('base64')
}

export function fromHex(text: string): Buffer | undefined {
  return text.length % 2 === 0 && /^[\da-f]*$/i.test(text) ? Buffer.from(text, 'hex') : undefined
}

export function fromBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[a-z\d+/]*={0,2}$/i.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

function takeRest(tokens: Tokens): string {
  let text = ''
  while (tokens.left > 0) text += tokens.next()
  return text
}

interface RestRules {
  /** Fewest octets in wire form. */
  min?: number
  /** Whether the text may be absent. */
  optional?: boolean
  /** The exact length, when the octets before (the type's earlier fields end at `at`) fix it. */
  exact?: (octets: Uint8Array, at: number) => number | undefined
}

function restField(
  what: string,
  rules: RestRules,
  print: (octets: Uint8Array, at: number, end: number) => string,
  parse: (text: string) => Buffer | undefined,
): Field {
  const { optional = false, min = optional ? 0 : 1, exact } = rules
  return {
    what,
    end(octets, at, limit) {
      const wanted = exact?.(octets, at)
      return limit - at >= min && (wanted === undefined || limit - at === wanted) ? limit : -1
    },
    print,
    parse(tokens, out) {
      const text = takeRest(tokens)
      const octets = text === '' && !optional ? undefined : parse(text)
      if (octets === undefined) return expected(what, text === '' ? undefined : text)
      out.append(octets)
      return undefined
    },
  }
}

/** Hexadecimal digits to the end; white space may divide them. */
export function hexRest(rules: RestRules = {}): Field {
  return restField('hexadecimal digits', rules, hexText, fromHex)
}

/** Base64 to the end; white space may divide it. */
export function base64Rest(rules: RestRules = {}): Field {
  return restField('base64', rules, base64Text, fromBase64)
}

/**
 * A public key, which may be absent when both upper bits of the flags, four octets before, say "no key" (RFC 2535
 * §3.1.2). In KEY it must be: `strict`. Later types gave those bits up.
 */
export function publicKey(strict: boolean): Field {
  const noKey = (flags: number) => (flags & 0xc0) === 0xc0
  return {
    what: 'base64, or nothing when the flags say that there is no key',
    end(octets, at, limit) {
      if (noKey(octets[at - 4]!)) return strict && at < limit ? -1 : limit
      return at < limit ? limit : -1
    },
    print: base64Text,
    parse: (tokens, out) => base64Rest({ optional: noKey(out.octetAt(out.length - 4)) }).parse(tokens, out),
  }
}

/** Octets after a length octet, `-` when there are none (NSEC3's salt). */
export const hexString: Field = {
  what: 'hexadecimal digits or -',
  end: endOfString,
  print: (octets, at, end) => (end - at === 1 ? '-' : hexText(octets, at + 1, end)),
  parse(tokens, out) {
    const token = tokens.next()
    const octets = token === undefined ? undefined : token === '-' ? Buffer.alloc(0) : fromHex(token)
    if (octets === undefined || octets.length > 255) return expected(this.what, token)
    out.octet(octets.length)
    out.append(octets)
    return undefined
  },
}

/** Octets after a length octet in base32hex (NSEC3's next hashed owner, RFC 5155 §3.3). */
export const base32String: Field = {
  what: 'base32hex digits',
  end(octets, at, limit) {
    const end = endOfString(octets, at, limit)
    return end > at + 1 ? end : -1
  },
  print: (octets, at, end) => toBase32Hex(octets.subarray(at + 1, end)),
  parse(tokens, out) {
    const token = tokens.next()
    const octets = token === undefined ? undefined : fromBase32Hex(token)
    if (octets === undefined || octets.length === 0 || octets.length > 255) return expected(this.what, token)
    out.octet(octets.length)
    out.append(octets)
    return undefined
  },
}

/** A fixed number of octets as hexadecimal groups: EUI48 `00-00-5e-00-53-2a`, NID `0014:4fff:ff20:ee64`. */
export function hexGroups(size: number, perGroup: number, divider: string): Field {
  const what = `${size / perGroup} groups of hexadecimal digits divided by ${divider}`
  const group = `[\\da-f]{${2 * perGroup}}`
  // The shorter groups of RFC 6742 §2.1.2 (`0:0:5e:1`) are for colons only.
  const rule = new RegExp(`^${group}(${divider}${group}){${size / perGroup - 1}}$`, 'i')
  return {
    what,
    end: (_, at, limit) => (at + size <= limit ? at + size : -1),
    print(octets, at, end) {
      const hex = hexText(octets, at, end).toLowerCase()
      return hex.match(new RegExp(`.{${2 * perGroup}}`, 'g'))!.join(divider)
    },
    parse(tokens, out) {
      const token = tokens.next()
      const padded =
        divider === ':'
          ? token
              ?.split(':')
              .map((part) => part.padStart(2 * perGroup, '0'))
              .join(':')
          : token
      if (padded === undefined || !rule.test(padded)) return expected(what, token)
      out.append(Buffer.from(padded.replaceAll(divider, ''), 'hex'))
      return undefined
    },
  }
}
