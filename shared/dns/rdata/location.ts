import { u32 } from '../octets.ts'
import { expected, type Field, type Tokens } from './field.ts'
import { putNumber } from './numbers.ts'

// RFC 1876. Angles in thousandths of a second of arc around 2^31, altitude in centimetres above -100,000 m.
const EQUATOR = 2 ** 31
const GROUND = 10_000_000
const OCTETS = 16
const DEFAULTS = [0x12, 0x16, 0x13] as const // size 1 m, horizontal 10 km, vertical 10 m

/** LOC's RDATA as a whole, since its text leaves parts out. */
export const location: Field = {
  what: 'a location (RFC 1876)',
  end(octets, at, limit) {
    // Other versions are not ours to judge.
    if (at < limit && octets[at] !== 0) return limit
    if (limit - at !== OCTETS) return -1
    for (let index = 1; index <= 3; index++) {
      const [base, exponent] = [octets[at + index]! >>> 4, octets[at + index]! & 15]
      if (base > 9 || exponent > 9 || (base === 0 && exponent > 0)) return -1
    }
    if (Math.abs(u32(octets, at + 4) - EQUATOR) > 90 * 3_600_000) return -1
    return Math.abs(u32(octets, at + 8) - EQUATOR) > 180 * 3_600_000 ? -1 : limit
  },
  print(octets, at) {
    if (octets[at] !== 0) return ''
    const altitude = u32(octets, at + 12) - GROUND
    return [
      printAngle(u32(octets, at + 4) - EQUATOR, 'N', 'S'),
      printAngle(u32(octets, at + 8) - EQUATOR, 'E', 'W'),
      printMetres(altitude),
      ...[1, 2, 3].map((index) =>
        printMetres((octets[at + index]! >>> 4) * 10 ** (octets[at + index]! & 15)).replace('.00m', 'm'),
      ),
    ].join(' ')
  },
  parse(tokens, out) {
    const latitude = parseAngle(tokens, 90, 'N', 'S')
    if (typeof latitude === 'string') return latitude
    const longitude = parseAngle(tokens, 180, 'E', 'W')
    if (typeof longitude === 'string') return longitude
    const token = tokens.next()
    const altitude = parseMetres(token)
    if (altitude === undefined || altitude < -GROUND || altitude + GROUND > 0xffff_ffff) {
      return expected('an altitude in metres', token)
    }
    out.octet(0)
    for (const standard of DEFAULTS) {
      const given = tokens.next()
      const precision = given === undefined ? standard : parsePrecision(given)
      if (precision === undefined) return expected('a size up to 90000000 m', given)
      out.octet(precision)
    }
    for (const number of [latitude + EQUATOR, longitude + EQUATOR, altitude + GROUND])
      putNumber(out, number, 4)
    return undefined
  },
}

function printAngle(thousandths: number, positive: string, negative: string): string {
  const size = Math.abs(thousandths)
  const degrees = Math.floor(size / 3_600_000)
  const minutes = Math.floor(size / 60_000) % 60
  const seconds = ((size % 60_000) / 1000).toFixed(3)
  return `${degrees} ${minutes} ${seconds} ${thousandths < 0 ? negative : positive}`
}

function printMetres(centimetres: number): string {
  const size = Math.abs(centimetres)
  const fraction = String(size % 100).padStart(2, '0')
  return `${centimetres < 0 ? '-' : ''}${Math.floor(size / 100)}.${fraction}m`
}

function parseAngle(tokens: Tokens, most: number, positive: string, negative: string): number | string {
  const parts = [0, 0, 0]
  const limits = [most, 59, 59.999]
  for (let index = 0; index <= 3; index++) {
    const token = tokens.next()
    const sign = token?.toUpperCase()
    if (index > 0 && (sign === positive || sign === negative)) {
      const size = parts[0]! * 3_600_000 + parts[1]! * 60_000 + Math.round(parts[2]! * 1000)
      if (size > most * 3_600_000) return expected(`an angle up to ${most} degrees`, `${parts.join(' ')}`)
      return sign === positive ? size : -size
    }
    const rule = index === 2 ? /^\d{1,2}(\.\d{1,3})?$/ : /^\d{1,3}$/
    if (index === 3 || token === undefined || !rule.test(token) || Number(token) > limits[index]!) {
      return expected(index === 0 ? 'degrees' : `${positive}, ${negative} or a smaller unit`, token)
    }
    parts[index] = Number(token)
  }
  return expected(`${positive} or ${negative}`, undefined)
}

/** Centimetres from `-12.34m`. */
function parseMetres(token: string | undefined): number | undefined {
  if (token === undefined || !/^-?\d{1,8}(\.\d{0,2})?m?$/i.test(token)) return undefined
  return Math.round(Number.parseFloat(token) * 100)
}

/** RFC 1876 §2: four bits of base, four of power of ten, in centimetres. */
function parsePrecision(token: string): number | undefined {
  let base = parseMetres(token)
  if (base === undefined || base < 0) return undefined
  let exponent = 0
  while (base > 9) {
    base = Math.floor(base / 10)
    exponent++
  }
  return exponent > 9 ? undefined : (base << 4) | exponent
}
