import { Class, classFromText, classToText, isMetaType, typeFromText } from '../codes.ts'
import { type GivenName, parseName } from '../name.ts'
import { expected } from '../rdata/field.ts'
import { parseTtl } from '../ttl.ts'
import type { Entry, Token } from '../zone-file-lexer.ts'
import type { Problems } from './problem.ts'

/** RFC 2181 §8. */
export const MAX_TTL = 0x7fff_ffff

/** What stands between owner and data. */
export interface Head {
  readonly ttl: number | undefined
  readonly type: number
  readonly typeToken: Token
  /** Index of the first token of the data. */
  readonly next: number
}

/** Reads the tokens of one entry; what is wrong goes to the problems, and undefined comes back. */
export class Fields {
  readonly entry: Entry
  readonly #problems: Problems

  constructor(entry: Entry, problems: Problems) {
    this.entry = entry
    this.#problems = problems
  }

  name(index: number, origin: GivenName, what: string): GivenName | undefined {
    const token = this.entry.tokens[index]
    if (token === undefined || token.text.startsWith('"')) return this.missing(index, what)
    const name = parseName(token.text, origin)
    return name.ok ? name.value : this.#problems.add(token, name.reason)
  }

  ttl(index: number): number | undefined {
    const token = this.entry.tokens[index]
    const ttl = token === undefined ? undefined : parseTtl(token.text)
    if (ttl !== undefined && ttl <= MAX_TTL) return ttl
    return this.missing(index, 'a TTL up to 2147483647 seconds')
  }

  /** TTL and class in either order, both optional, and the type. */
  head(from: number): Head | undefined {
    const { tokens } = this.entry
    let next = from
    let ttl: number | undefined
    let classSeen = false
    for (; next < tokens.length; next++) {
      const token = tokens[next]!
      const code = classFromText(token.text)
      if (ttl === undefined && parseTtl(token.text) !== undefined) {
        ttl = this.ttl(next)
        if (ttl === undefined) return undefined
      } else if (!classSeen && code !== undefined && code !== Class.ANY) {
        if (code !== Class.IN) this.#problems.add(token, `expected the class IN, not ${classToText(code)}`)
        classSeen = true
      } else break
    }
    const typeToken = tokens[next]
    const type = typeToken === undefined ? undefined : typeFromText(typeToken.text)
    if (typeToken === undefined || type === undefined || isMetaType(type))
      return this.missing(next, 'a record type')
    return { ttl, type, typeToken, next: next + 1 }
  }

  /** Nothing may follow the first `count` tokens. */
  end(count: number): boolean {
    if (this.entry.tokens.length <= count) return true
    this.missing(count, 'the end of the line')
    return false
  }

  missing(index: number, what: string): undefined {
    const token = this.entry.tokens[index]
    return this.#problems.add(token ?? this.entry.end, expected(what, token?.text))
  }
}
