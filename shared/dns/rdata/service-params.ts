import { u16 } from '../octets.ts'
import { expected, type Field, type Sink } from './field.ts'
import { putNumber } from './numbers.ts'
import { PARAMS, type Param } from './service-param-values.ts'
import { escapeText, textOctets } from './strings.ts'

const MANDATORY = 0
const KEY_NAMES = PARAMS.map((param) => param.name)

/** SvcParams (RFC 9460 §2): key and value pairs in rising order of the keys, to the end. */
export const serviceParams: Field = {
  what: 'service parameters (RFC 9460 §2.2)',
  end(octets, at, limit) {
    let previous = -1
    const keys = new Set<number>()
    let mandatory: Uint8Array | undefined
    let next = at
    while (next < limit) {
      if (next + 4 > limit) return -1
      const key = u16(octets, next)
      const end = next + 4 + u16(octets, next + 2)
      if (key <= previous || key === 0xffff || end > limit) return -1
      const value = octets.subarray(next + 4, end)
      if (PARAMS[key]?.check(value) === false) return -1
      if (key === MANDATORY) mandatory = value
      keys.add(key)
      previous = key
      next = end
    }
    for (let index = 0; index < (mandatory?.length ?? 0); index += 2) {
      if (!keys.has(u16(mandatory!, index))) return -1
    }
    return next
  },
  print(octets, at, end) {
    const texts: string[] = []
    for (let next = at; next < end; ) {
      const key = u16(octets, next)
      const stop = next + 4 + u16(octets, next + 2)
      texts.push(printParam(key, octets.subarray(next + 4, stop)))
      next = stop
    }
    return texts.join(' ')
  },
  parse(tokens, out) {
    const params = new Map<number, Uint8Array>()
    while (tokens.left > 0) {
      const token = tokens.next()!
      const equals = token.indexOf('=')
      const name = (equals < 0 ? token : token.slice(0, equals)).toLowerCase()
      const key = keyOf(name)
      if (key === undefined) return expected('a service parameter such as alpn=h2', token)
      if (params.has(key)) return `the service parameter ${name} stands twice`
      const text = equals < 0 ? new Uint8Array(0) : textOctets(token.slice(equals + 1))
      const value = text === undefined ? undefined : PARAMS[key] ? PARAMS[key].parse(text, keyOf) : text
      if (value === undefined || PARAMS[key]?.check(value) === false || value.length > 0xffff) {
        return expected(PARAMS[key]?.what ?? 'a value', token)
      }
      params.set(key, value)
    }
    for (const key of [...params.keys()].sort((a, b) => a - b)) putParam(out, key, params.get(key)!)
    return undefined
  },
}

function keyOf(name: string): number | undefined {
  const known = KEY_NAMES.indexOf(name)
  if (known >= 0) return known
  const number = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1]
  return number === undefined || Number(number) >= 0xffff ? undefined : Number(number)
}

export function keyText(key: number): string {
  return KEY_NAMES[key] ?? `key${key}`
}

function printParam(key: number, value: Uint8Array): string {
  const param: Param | undefined = PARAMS[key]
  if (value.length === 0) return keyText(key)
  const text = param?.print(value, keyText) ?? `"${escapeText(value, 0, value.length)}"`
  return `${keyText(key)}=${text}`
}

function putParam(out: Sink, key: number, value: Uint8Array): void {
  putNumber(out, key, 2)
  putNumber(out, value.length, 2)
  out.append(value)
}
