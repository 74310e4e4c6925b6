import type { TextParsed } from '../result.ts'
import { expected, type Tokens } from './field.ts'
import { decimal } from './numbers.ts'

/** RFC 3597 §5: `\# LENGTH HEX`. */
export function genericToText(rdata: Uint8Array): string {
  const hex = Buffer.from(rdata.buffer, rdata.byteOffset, rdata.length).toString('hex')
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${hex}`
}

/** Reads `\# LENGTH HEX`, where the digits may stand in several tokens. */
export function genericFromTokens(tokens: Tokens): TextParsed<Uint8Array> {
  tokens.next()
  const given = tokens.next()
  const length = decimal(given, 0xffff)
  if (length === undefined) return { ok: false, reason: expected('the number of octets', given) }
  let digits = ''
  while (tokens.left > 0) digits += tokens.next()
  if (!/^([\da-f]{2})*$/i.test(digits)) {
    return { ok: false, reason: 'expected pairs of hexadecimal digits after \\#' }
  }
  if (digits.length !== 2 * length) {
    return { ok: false, reason: `\\# announces ${length} octets but ${digits.length / 2} follow` }
  }
  return { ok: true, value: Buffer.from(digits, 'hex') }
}
