import type { GivenName } from '../name.ts'
import type { TextParsed } from '../result.ts'

/**
 * One field of RDATA: the same description checks octets, prints them and parses their text. A type is a list of
 * fields (shapes.ts); the last may take all that is left.
 */
export interface Field {
  /** What stands here, for error messages: `a number up to 255`. */
  readonly what: string
  /** The offset after the field that starts at `at` in octets that end at `limit`, or -1 when none stands there. */
  end(octets: Uint8Array, at: number, limit: number): number
  /** The presentation of checked octets, which parses back to them if they have one at all. */
  print(octets: Uint8Array, at: number, end: number): string
  /** Takes its tokens and appends its octets; answers what was wrong, or undefined. */
  parse(tokens: Tokens, out: Sink): string | undefined
  /** For a field that is a domain name: how RFC 3597 §4 and RFC 4034 §6.2 treat it. */
  readonly embedded?: 'legacy' | 'folded' | 'exact'
}

/** The tokens of one record's RDATA as they stand in the text: quotes and escapes still in them. */
export class Tokens {
  readonly #list: readonly string[]
  readonly origin: GivenName | undefined
  /** Index of the next token: after a failure, the one behind the culprit. */
  at = 0

  constructor(list: readonly string[], origin?: GivenName) {
    this.#list = list
    this.origin = origin
  }

  get left(): number {
    return this.#list.length - this.at
  }

  peek(): string | undefined {
    return this.#list[this.at]
  }

  next(): string | undefined {
    return this.#list[this.at++]
  }
}

/** Where parsed octets gather. RDATA has at most 65,535. */
export class Sink {
  #octets = Buffer.allocUnsafe(512)
  length = 0

  /** Makes room for `count` more octets and answers the buffer to write them into, from `length` on. */
  reserve(count: number): Buffer {
    const needed = this.length + count
    if (needed > this.#octets.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#octets.length))
      this.#octets.copy(larger, 0, 0, this.length)
      this.#octets = larger
    }
    return this.#octets
  }

  octet(value: number): void {
    this.reserve(1)[this.length] = value
    this.length++
  }

  append(octets: Uint8Array): void {
    this.reserve(octets.length).set(octets, this.length)
    this.length += octets.length
  }

  /** An octet written before, for a field that depends on an earlier one. */
  octetAt(at: number): number {
    return this.#octets[at]!
  }

  taken(): TextParsed<Uint8Array> {
    if (this.length > 0xffff) return { ok: false, reason: 'RDATA is longer than 65535 octets' }
    return { ok: true, value: Uint8Array.prototype.slice.call(this.#octets, 0, this.length) }
  }
}

/** `expected a number up to 255, not "x"`. */
export function expected(what: string, token: string | undefined): string {
  return token === undefined
    ? `expected ${what}, but the record ends`
    : `expected ${what}, not ${JSON.stringify(token.length > 60 ? `${token.slice(0, 60)}…` : token)}`
}
