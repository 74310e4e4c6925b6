import { typeFromText, typeToText } from '../codes.ts'
import { u16 as readU16, u32 as readU32 } from '../octets.ts'
import { parseTtl } from '../ttl.ts'
import { expected, type Field, type Sink, type Tokens } from './field.ts'

export function putNumber(out: Sink, value: number, size: number): void {
  for (let shift = size - 1; shift >= 0; shift--) out.octet(Math.floor(value / 2 ** (8 * shift)) & 0xff)
}

/** The decimal number in `token`; undefined unless it is one from 0 to `max`. */
export function decimal(token: string | undefined, max: number): number | undefined {
  if (token === undefined || !/^\d{1,10}$/.test(token)) return undefined
  const value = Number(token)
  return value <= max ? value : undefined
}

function numberAt(octets: Uint8Array, at: number, size: number): number {
  return size === 1 ? octets[at]! : size === 2 ? readU16(octets, at) : readU32(octets, at)
}

/** An unsigned number of 1, 2 or 4 octets, with other readings and writings of its text where the type has them. */
function numberField(
  size: 1 | 2 | 4,
  what: string,
  parse: (token: string) => number | undefined,
  print: (value: number) => string = String,
): Field {
  return {
    what,
    end: (_, at, limit) => (at + size <= limit ? at + size : -1),
    print: (octets, at) => print(numberAt(octets, at, size)),
    parse(tokens: Tokens, out: Sink) {
      const token = tokens.next()
      const value = token === undefined ? undefined : parse(token)
      if (value === undefined) return expected(what, token)
      putNumber(out, value, size)
      return undefined
    },
  }
}

export const u8 = numberField(1, 'a number up to 255', (token) => decimal(token, 0xff))
export const u16 = numberField(2, 'a number up to 65535', (token) => decimal(token, 0xffff))
export const u32 = numberField(4, 'a number up to 4294967295', (token) => decimal(token, 0xffff_ffff))

/** A 32-bit count of seconds; its text may use units (`1h30m`). */
export const seconds = numberField(4, 'seconds, such as 3600 or 1h', parseTtl)

/** A number whose text may also be one of some mnemonics; printed as the number, which every reader knows. */
export function mnemonic(size: 1 | 2, what: string, codes: Readonly<Record<string, number>>): Field {
  const max = 2 ** (8 * size) - 1
  return numberField(size, what, (token) => decimal(token, max) ?? codes[token.toUpperCase()])
}

/** A record type by name, as in RRSIG's type covered. */
export const rrType = numberField(2, 'a record type', typeFromText, typeToText)

/** A moment in RRSIG (RFC 4034 §3.2): YYYYMMDDHHmmSS, or the seconds since 1970 modulo 2^32. */
export const moment = numberField(4, 'a time as YYYYMMDDHHmmSS', parseMoment, printMoment)

function parseMoment(token: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(token)
  if (parts === null) return decimal(token, 0xffff_ffff)
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC rolls the 31st of February over instead of refusing it.
  if (printDate(time) !== token) return undefined
  return (time / 1000) % 2 ** 32
}

function printMoment(value: number): string {
  return printDate(value * 1000)
}

function printDate(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')
}
