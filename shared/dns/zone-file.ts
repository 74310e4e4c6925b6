import { Class, classFromText, classToText, isMetaType, Type, typeFromText, typeToText } from './codes.ts'
import { canonicalName, type GivenName, isSubdomain, parseName } from './name.ts'
import { expected, Tokens } from './rdata/field.ts'
import { rdataFromTokens } from './rdata.ts'
import type { ResourceRecord } from './record.ts'
import { readSoa } from './soa.ts'
import { parseTtl } from './ttl.ts'
import { type Entry, Lexer, type Token } from './zone-file-lexer.ts'

/** Lines and columns count from 1. */
export interface ZoneFileError {
  line: number
  column: number
  message: string
}

export interface ZoneFileOptions {
  /** The zone: relative names are below it at first, and no record may be outside it. */
  origin: GivenName
  /** Seconds, as a `$TTL` before the first line. */
  defaultTtl?: number
}

export type ParsedZoneFile = { ok: true; records: ResourceRecord[] } | { ok: false; errors: ZoneFileError[] }

const MAX_ERRORS = 1000
/** RFC 2181 §8. */
const MAX_TTL = 0x7fff_ffff

/** Reads a master file (RFC 1035 §5, RFC 2308 §4). All errors at once; one line's error does not hide another's. */
export function parseZoneFile(text: string, options: ZoneFileOptions): ParsedZoneFile {
  const reader = new Reader(options)
  const lexer = new Lexer(text.startsWith('\ufeff') ? text.slice(1) : text)
  for (let entry = lexer.next(); entry !== undefined; entry = lexer.next()) {
    reader.take(entry)
    if (reader.errors.length >= MAX_ERRORS) break
  }
  return reader.errors.length === 0
    ? { ok: true, records: reader.records }
    : { ok: false, errors: reader.errors }
}

class Reader {
  readonly records: ResourceRecord[] = []
  readonly errors: ZoneFileError[] = []
  readonly #zone
  #origin: GivenName
  #owner: GivenName | undefined
  #defaultTtl: number | undefined
  #lastTtl: number | undefined

  constructor(options: ZoneFileOptions) {
    this.#zone = canonicalName(options.origin)
    this.#origin = options.origin
    this.#defaultTtl = options.defaultTtl
  }

  take(entry: Entry): void {
    if (entry.problem !== undefined) {
      this.errors.push(entry.problem)
      return
    }
    const first = entry.tokens[0]!
    if (!entry.blankOwner && first.text.startsWith('$')) this.#directive(entry, first)
    else this.#record(entry)
  }

  #fail(place: { line: number; column: number }, message: string): undefined {
    this.errors.push({ line: place.line, column: place.column, message })
    return undefined
  }

  #directive(entry: Entry, directive: Token): void {
    const argument = entry.tokens[1]
    switch (directive.text.toUpperCase()) {
      case '$ORIGIN': {
        const name = this.#name(argument, entry, 'the origin')
        if (name !== undefined) this.#origin = name
        break
      }
      case '$TTL': {
        const ttl = this.#ttl(argument, entry)
        if (ttl !== undefined) this.#defaultTtl = ttl
        break
      }
      case '$INCLUDE':
      case '$GENERATE':
        this.#fail(directive, `${directive.text} is not supported here yet`)
        return
      default:
        this.#fail(directive, expected('$ORIGIN or $TTL', directive.text))
        return
    }
    const surplus = entry.tokens[2]
    if (surplus !== undefined) this.#fail(surplus, expected('the end of the line', surplus.text))
  }

  #name(token: Token | undefined, entry: Entry, what: string): GivenName | undefined {
    if (token === undefined || token.text.startsWith('"')) {
      return this.#fail(token ?? entry.end, expected(what, token?.text))
    }
    const name = parseName(token.text, this.#origin)
    return name.ok ? name.value : this.#fail(token, name.reason)
  }

  #ttl(token: Token | undefined, entry: Entry): number | undefined {
    const ttl = token === undefined ? undefined : parseTtl(token.text)
    if (ttl !== undefined && ttl <= MAX_TTL) return ttl
    return this.#fail(token ?? entry.end, expected('a TTL up to 2147483647 seconds', token?.text))
  }

  #record(entry: Entry): void {
    const { tokens } = entry
    let next = 0
    // An owner that cannot be read must not lend its records to the owner before it.
    if (!entry.blankOwner) this.#owner = this.#name(tokens[next++], entry, 'an owner name')
    else if (this.#owner === undefined && this.errors.length === 0) {
      this.#fail(tokens[0]!, 'expected an owner name: there is no record before to take it from')
    }
    let ttl: number | undefined
    let classSeen = false
    for (; next < tokens.length; next++) {
      const token = tokens[next]!
      const code = classFromText(token.text)
      if (ttl === undefined && parseTtl(token.text) !== undefined) {
        ttl = this.#ttl(token, entry)
        if (ttl === undefined) return
      } else if (!classSeen && code !== undefined && code !== Class.ANY) {
        if (code !== Class.IN) this.#fail(token, `expected the class IN, not ${classToText(code)}`)
        classSeen = true
      } else break
    }
    const typeToken = tokens[next]
    const type = typeToken === undefined ? undefined : typeFromText(typeToken.text)
    if (typeToken === undefined || type === undefined || isMetaType(type)) {
      this.#fail(typeToken ?? entry.end, expected('a record type', typeToken?.text))
      return
    }
    const rdata = this.#rdata(type, entry, next + 1)
    if (rdata === undefined || this.#owner === undefined) return
    if (!isSubdomain(canonicalName(this.#owner), this.#zone)) {
      this.#fail(tokens[0]!, `expected a name in the zone ${this.#zone}, not ${this.#owner}`)
      return
    }
    const effective = this.#effectiveTtl(ttl, type, rdata)
    if (effective === undefined) {
      this.#fail(
        typeToken,
        `expected a TTL before ${typeToText(type)}: neither $TTL nor an earlier record sets one`,
      )
      return
    }
    this.records.push({ name: this.#owner, type, class: Class.IN, ttl: effective, rdata })
  }

  #rdata(type: number, entry: Entry, from: number): Uint8Array | undefined {
    const given = entry.tokens.slice(from)
    const tokens = new Tokens(
      given.map((token) => token.text),
      this.#origin,
    )
    const parsed = rdataFromTokens(type, tokens)
    if (parsed.ok) return parsed.value
    const culprit = given[Math.max(0, tokens.at - 1)]
    return this.#fail(tokens.at > given.length ? entry.end : (culprit ?? entry.end), parsed.reason)
  }

  /** Its own, else `$TTL`, else that of the record before; a first SOA without one sets its minimum as `$TTL`, as BIND does. */
  #effectiveTtl(own: number | undefined, type: number, rdata: Uint8Array): number | undefined {
    if (own !== undefined) {
      this.#lastTtl = own
      return own
    }
    const inherited = this.#defaultTtl ?? this.#lastTtl
    if (inherited !== undefined || type !== Type.SOA) return inherited
    const soa = readSoa(rdata)
    if (soa.ok) this.#defaultTtl = Math.min(soa.value.minimum, MAX_TTL)
    return this.#defaultTtl
  }
}
