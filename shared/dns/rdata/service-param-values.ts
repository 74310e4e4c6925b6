import { u16 } from '../octets.ts'
import { addressText, ipv4Octets, ipv6Octets } from './addresses.ts'
import { base64Text, fromBase64 } from './binary.ts'
import { decimal } from './numbers.ts'
import { endOfString, escapeText } from './strings.ts'

export interface Param {
  name: string
  what: string
  check(value: Uint8Array): boolean
  /** `text` is the value without quotes and escapes. */
  parse(text: Uint8Array, keyOf: (name: string) => number | undefined): Uint8Array | undefined
  /** The text of a checked value, with quotes where it needs them. */
  print(value: Uint8Array, keyText: (key: number) => string): string
}

const COMMA = 0x2c
const BACKSLASH = 0x5c

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}

function quoted(octets: Uint8Array): string {
  return `"${escapeText(octets, 0, octets.length)}"`
}

const mandatory: Param = {
  name: 'mandatory',
  what: 'mandatory=KEY,KEY with keys that are present, without mandatory itself',
  check(value) {
    if (value.length === 0 || value.length % 2 !== 0) return false
    for (let at = 0; at < value.length; at += 2) {
      // Key 0 is mandatory itself, and the keys rise.
      if (u16(value, at) <= (at === 0 ? 0 : u16(value, at - 2))) return false
    }
    return true
  },
  parse(text, keyOf) {
    const keys = latin1(text)
      .split(',')
      .map((name) => keyOf(name.toLowerCase()))
      .sort((a, b) => (a ?? 0) - (b ?? 0))
    if (keys.includes(undefined)) return undefined
    return Uint8Array.from(keys.flatMap((key) => [key! >>> 8, key! & 0xff]))
  },
  print(value, keyText) {
    const keys: string[] = []
    for (let at = 0; at < value.length; at += 2) keys.push(keyText(u16(value, at)))
    return keys.join(',')
  },
}

/** RFC 9460 §7.1 and appendix A.1: strings divided by commas; `\,` and `\\` once more inside them. */
const alpn: Param = {
  name: 'alpn',
  what: 'alpn=PROTOCOL,PROTOCOL with protocols of 1 to 255 octets',
  check(value) {
    let at = 0
    while (at >= 0 && at < value.length) {
      if (value[at] === 0) return false
      at = endOfString(value, at, value.length)
    }
    return value.length > 0 && at >= 0
  },
  parse(text) {
    const items: number[][] = [[]]
    for (let at = 0; at < text.length; at++) {
      if (text[at] === COMMA) items.push([])
      else {
        if (text[at] === BACKSLASH && ++at === text.length) return undefined
        items.at(-1)!.push(text[at]!)
      }
    }
    if (items.some((item) => item.length > 255)) return undefined
    return Uint8Array.from(items.flatMap((item) => [item.length, ...item]))
  },
  print(value) {
    const octets: number[] = []
    for (let at = 0; at < value.length; at = endOfString(value, at, value.length)) {
      if (at > 0) octets.push(COMMA)
      for (const octet of value.subarray(at + 1, endOfString(value, at, value.length))) {
        if (octet === COMMA || octet === BACKSLASH) octets.push(BACKSLASH)
        octets.push(octet)
      }
    }
    return quoted(Uint8Array.from(octets))
  },
}

function flag(name: string): Param {
  return {
    name,
    what: `${name} without a value`,
    check: (value) => value.length === 0,
    parse: (text) => text,
    print: quoted,
  }
}

const port: Param = {
  name: 'port',
  what: 'port=NUMBER up to 65535',
  check: (value) => value.length === 2,
  parse(text) {
    const number = decimal(latin1(text), 0xffff)
    return number === undefined ? undefined : Uint8Array.of(number >>> 8, number & 0xff)
  },
  print: (value) => String(u16(value, 0)),
}

function hints(name: string, size: number, octetsOf: (text: string) => Uint8Array | undefined): Param {
  return {
    name,
    what: `${name}=ADDRESS,ADDRESS`,
    check: (value) => value.length > 0 && value.length % size === 0,
    parse(text) {
      const addresses = latin1(text).split(',').map(octetsOf)
      return addresses.includes(undefined) ? undefined : Buffer.concat(addresses as Uint8Array[])
    },
    print(value) {
      const texts: string[] = []
      for (let at = 0; at < value.length; at += size) texts.push(addressText(value.subarray(at, at + size)))
      return texts.join(',')
    },
  }
}

const ech: Param = {
  name: 'ech',
  what: 'ech=BASE64',
  check: (value) => value.length > 0,
  parse: (text) => fromBase64(latin1(text)),
  print: (value) => base64Text(value, 0, value.length),
}

const dohpath: Param = {
  name: 'dohpath',
  what: 'dohpath=TEMPLATE, a relative URI template with the variable dns',
  // RFC 9461 §5
  check: (value) => value[0] === 0x2f && hasDnsVariable(latin1(value)),
  parse: (text) => text,
  print: quoted,
}

/** Piece by piece: one regular expression over the whole template would take cubic time for open braces. */
function hasDnsVariable(template: string): boolean {
  const pieces = template.split('}').slice(0, -1)
  return pieces.some((piece) => {
    const open = piece.indexOf('{')
    return open !== -1 && /\bdns\b/.test(piece.slice(open + 1))
  })
}

/** By key number (RFC 9460 §14.3.2, RFC 9461, RFC 9540). */
export const PARAMS: readonly Param[] = [
  mandatory,
  alpn,
  flag('no-default-alpn'),
  port,
  hints('ipv4hint', 4, ipv4Octets),
  ech,
  hints('ipv6hint', 16, ipv6Octets),
  dohpath,
  flag('ohttp'),
]
