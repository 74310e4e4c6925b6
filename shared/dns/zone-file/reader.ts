import { Class, Type, typeToText } from '../codes.ts'
import { canonicalName, type GivenName, isSubdomain, type Name, parseName } from '../name.ts'
import { Tokens } from '../rdata/field.ts'
import { rdataFromTokens } from '../rdata.ts'
import type { ResourceRecord } from '../record.ts'
import { readSoa } from '../soa.ts'
import { type Entry, splitTokens } from '../zone-file-lexer.ts'
import { Fields, type Head, MAX_TTL } from './fields.ts'
import { countOf, type Generation, generationOf, MAX_GENERATED } from './generate.ts'
import { type Place, Problems } from './problem.ts'

export interface ZoneFileOptions {
  /** The zone: relative names are below it at first, and no record may be outside it. */
  readonly origin: GivenName
  /** Seconds, as a `$TTL` before the first line. */
  readonly defaultTtl?: number
}

/** What `$INCLUDE` asks of whoever reads the file: to read another one in its place. */
export interface Inclusion {
  readonly name: string
  readonly origin: GivenName
  readonly place: Place
}

type Emit = (record: ResourceRecord, place: Place) => void

/** Turns entries into records (RFC 1035 §5.1, RFC 2308 §4); whatever is wrong goes to {@link problems}. */
export class Reader {
  readonly problems = new Problems()
  readonly #zone: Name
  readonly #emit: Emit
  #origin: GivenName
  #owner: GivenName | undefined
  #defaultTtl: number | undefined
  #lastTtl: number | undefined
  #generated = 0

  constructor(options: ZoneFileOptions, emit: Emit) {
    this.#zone = canonicalName(options.origin)
    this.#origin = options.origin
    this.#defaultTtl = options.defaultTtl
    this.#emit = emit
  }

  /** Emits the entry's records. Those of `$GENERATE` come one by one as the generator is run. */
  take(entry: Entry): Inclusion | Generator<void> | undefined {
    if (entry.problem !== undefined) return this.problems.add(entry.problem, entry.problem.message)
    const first = entry.tokens[0]!.text
    const fields = new Fields(entry, this.problems)
    if (!entry.blankOwner && first.startsWith('$')) return this.#directive(fields, first)
    this.#record(fields)
    return undefined
  }

  /**
   * An included file begins with an origin of its own and the owner before it. The function that is returned puts back both
   * (RFC 1035 §5.1); a `$TTL` in it holds on, as in BIND.
   */
  enter(file: string, origin: GivenName): () => void {
    const before = { origin: this.#origin, owner: this.#owner, file: this.problems.file }
    this.#origin = origin
    this.problems.file = file
    return () => {
      this.#origin = before.origin
      this.#owner = before.owner
      this.problems.file = before.file
    }
  }

  #directive(fields: Fields, directive: string): Inclusion | Generator<void> | undefined {
    switch (directive.toUpperCase()) {
      case '$ORIGIN': {
        const name = fields.name(1, this.#origin, 'the origin')
        if (name !== undefined) this.#origin = name
        fields.end(2)
        return undefined
      }
      case '$TTL': {
        const ttl = fields.ttl(1)
        if (ttl !== undefined) this.#defaultTtl = ttl
        fields.end(2)
        return undefined
      }
      case '$INCLUDE':
        return this.#inclusion(fields)
      case '$GENERATE':
        return this.#generation(fields)
      default:
        return fields.missing(0, '$ORIGIN, $TTL, $INCLUDE or $GENERATE')
    }
  }

  #inclusion(fields: Fields): Inclusion | undefined {
    const [directive, file, origin] = fields.entry.tokens
    if (file === undefined) return fields.missing(1, 'the name of a file')
    const below = origin === undefined ? this.#origin : fields.name(2, this.#origin, 'the origin')
    if (!fields.end(3) || below === undefined) return undefined
    const name = file.text.replace(/^"(.*)"$/s, '$1').replaceAll(/\\(.)/g, '$1')
    return { name, origin: below, place: directive! }
  }

  #generation(fields: Fields): Generator<void> | undefined {
    const plan = generationOf(fields, this.problems)
    if (plan === undefined) return undefined
    this.#generated += countOf(plan.range)
    if (this.#generated <= MAX_GENERATED) return this.#generate(fields, plan)
    const [, range] = fields.entry.tokens
    return this.problems.add(range!, `expected at most ${MAX_GENERATED} lines from all $GENERATE together`)
  }

  /** Stops at its first error: the others would only repeat it. The owner before it stays that of blank owners after it. */
  *#generate({ entry }: Fields, { range, head, owner, data }: Generation): Generator<void> {
    const origin = this.#origin
    for (let number = range.start; number <= range.stop; number += range.step) {
      const name = parseName(owner(number), origin)
      const rdata = rdataFromTokens(head.type, new Tokens(splitTokens(data(number)), origin))
      const wrong = [name, rdata].find((parsed) => !parsed.ok)
      if (wrong?.ok === false) return this.problems.add(entry.tokens[0]!, `for ${number}: ${wrong.reason}`)
      if (!name.ok || !rdata.ok || !this.#put(entry, name.value, head, rdata.value)) return
      yield
    }
  }

  #record(fields: Fields): void {
    const { entry } = fields
    // An owner that cannot be read must not lend its records to the owner before it.
    if (!entry.blankOwner) this.#owner = fields.name(0, this.#origin, 'an owner name')
    else if (this.#owner === undefined && this.problems.errors.length === 0)
      this.problems.add(entry.tokens[0]!, 'expected an owner name: there is no record before to take it from')
    const head = fields.head(entry.blankOwner ? 0 : 1)
    if (head === undefined) return
    const rdata = this.#rdata(entry, head)
    if (rdata !== undefined && this.#owner !== undefined) this.#put(entry, this.#owner, head, rdata)
  }

  #rdata(entry: Entry, { type, next }: Head): Uint8Array | undefined {
    const given = entry.tokens.slice(next)
    const tokens = new Tokens(
      given.map((token) => token.text),
      this.#origin,
    )
    const parsed = rdataFromTokens(type, tokens)
    if (parsed.ok) return parsed.value
    const culprit = given[Math.max(0, tokens.at - 1)]
    return this.problems.add(tokens.at > given.length ? entry.end : (culprit ?? entry.end), parsed.reason)
  }

  #put(entry: Entry, name: GivenName, { ttl: own, type, typeToken }: Head, rdata: Uint8Array): boolean {
    const place = entry.tokens[0]!
    if (!isSubdomain(canonicalName(name), this.#zone)) {
      this.problems.add(place, `expected a name in the zone ${this.#zone}, not ${name}`)
      return false
    }
    const ttl = this.#effectiveTtl(own, type, rdata)
    if (ttl === undefined) {
      const missing = `expected a TTL before ${typeToText(type)}: neither $TTL nor an earlier record sets one`
      this.problems.add(typeToken, missing)
      return false
    }
    this.#emit({ name, type, class: Class.IN, ttl, rdata }, place)
    return true
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
