import type { CatalogZone } from '../../../shared/catalog.ts'
import { Opcode, Type } from '../../../shared/dns/codes.ts'
import { HEADER_OCTETS, MAX_MESSAGE } from '../../../shared/dns/header.ts'
import { canonicalName, type GivenName, type Name, parentOf, readName } from '../../../shared/dns/name.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { Catalog } from '../zones/catalog-view.ts'
import { AnswerCache, identityOf, type Remembered } from './answer-cache.ts'
import { type Answer, answerQuestion } from './answer-question.ts'
import { Chain } from './chain.ts'
import { type Draft, encodeWithin, isTruncated } from './draft.ts'
import { EXPIRED, NOT_OURS, UNAVAILABLE, type Unanswered } from './judge.ts'
import { kindOfAnswer } from './kinds.ts'
import type { Query } from './query.ts'
import type { RateLimiter } from './rate-limit.ts'

/** Gives the zone in a state that may be served; undefined when there is none for now. */
export interface ZoneSource {
  get(zone: CatalogZone): CachedZone | Promise<CachedZone | undefined>
  /** Whether it is held, but no writer has confirmed it for its SOA's expire time. */
  isExpired(zone: CatalogZone): boolean
}

export interface ZoneAnswersDeps {
  readonly zones: ZoneSource
  /** Its generation is another number after each change of which zones there are. */
  readonly catalog: Catalog & { readonly generation: number }
  /** Whether one set stands for all in answers to ANY over UDP (RFC 8482). */
  readonly minimalAny: boolean
  readonly limiter: RateLimiter | undefined
}

/** A question of class IN, with room for an answer without OPT. */
export interface AskedZone {
  readonly bytes: Buffer
  readonly query: Query
  readonly transport: 'udp' | 'tcp'
  readonly room: number
}

const NONE: ReadonlySet<CatalogZone> = new Set()

/** What the zones that this edge holds say to a question. */
export class ZoneAnswers {
  /** Answers that were at hand. */
  remembered = 0
  private readonly deps: ZoneAnswersDeps
  private readonly cache = new AnswerCache()

  constructor(deps: ZoneAnswersDeps) {
    this.deps = deps
  }

  /** At once, unless a zone has to be fetched first. */
  draft(asked: AskedZone): Draft | Unanswered | Promise<Draft | Unanswered> {
    const question = asked.bytes.toString('latin1', HEADER_OCTETS, asked.query.questionEnd)
    const known = this.cache.find(question)
    // the answer to ANY is not the same over TCP, and so is not kept from there nor given there
    if (known === undefined || known.draft.bytes.length > asked.room || this.isWholeAny(asked))
      return this.search(asked, question, NONE)
    const isOfNow = known.generation === this.deps.catalog.generation
    const zone = isOfNow ? this.deps.zones.get(known.entry) : undefined
    if (zone === undefined || !holds(known, zone)) return this.search(asked, question, NONE, zone)
    this.remembered++
    return known.draft
  }

  /** `awaited` are the zones that have been waited for already; `given` is the one to ask, where that is known. */
  private search(
    asked: AskedZone,
    question: string,
    awaited: ReadonlySet<CatalogZone>,
    given?: CachedZone | Promise<CachedZone | undefined>,
  ): Draft | Unanswered | Promise<Draft | Unanswered> {
    const read = readName(asked.bytes, HEADER_OCTETS)
    if (!read.ok) throw new Error(`a query that was read has no name: ${read.reason}`)
    const { name } = read.value
    const entry = this.zoneFor(canonicalName(name), asked.query.type)
    if (entry === undefined) return NOT_OURS
    const zone = given ?? this.deps.zones.get(entry)
    if (!(zone instanceof Promise)) return this.ask(asked, question, name, entry, zone, awaited)
    return zone.then((held) =>
      held === undefined ? this.unavailable(entry) : this.ask(asked, question, name, entry, held, awaited),
    )
  }

  private ask(
    asked: AskedZone,
    question: string,
    name: GivenName,
    entry: CatalogZone,
    zone: CachedZone,
    awaited: ReadonlySet<CatalogZone>,
  ): Draft | Unanswered | Promise<Draft | Unanswered> {
    if (!zone.usable) return UNAVAILABLE
    const { type } = asked.query
    const chain = new Chain(entry, zone, awaited, (target) => this.zoneFor(target, type), this.deps.zones)
    const { found: answer, names } = zone.noting(() =>
      answerQuestion(zone, name, type, this.isWholeAny(asked), (target) => chain.zoneOf(target)),
    )
    if (chain.pending !== undefined) return chain.pending.then((more) => this.search(asked, question, more))
    const draft = this.encode(asked, answer, zone, MAX_MESSAGE)
    if (!chain.isElsewhere && !this.isWholeAny(asked) && !isTruncated(draft.bytes))
      this.cache.keep(question, {
        draft,
        generation: this.deps.catalog.generation,
        entry,
        zone: identityOf(zone),
        seq: zone.seq,
        names: type === Type.ANY || showsSoa(answer) ? undefined : names,
      })
    return draft.bytes.length <= asked.room ? draft : this.encode(asked, answer, zone, asked.room)
  }

  private encode({ bytes, query }: AskedZone, answer: Answer, zone: CachedZone, limit: number): Draft {
    const { rcode, authoritative, answers, authorities, glue, additionals } = answer
    const parts = {
      id: 0,
      opcode: Opcode.QUERY,
      rcode,
      flags: { aa: authoritative },
      questionBytes: bytes.subarray(HEADER_OCTETS, query.questionEnd),
      answers,
      authorities,
      additionals: glue,
    }
    return {
      bytes: encodeWithin(parts, additionals, limit),
      rcode,
      kind: kindOfAnswer(this.deps.limiter, answer, zone, bytes, query.questionEnd),
    }
  }

  private unavailable(entry: CatalogZone): Unanswered {
    return this.deps.zones.isExpired(entry) ? EXPIRED : UNAVAILABLE
  }

  private isWholeAny({ query, transport }: AskedZone): boolean {
    return query.type === Type.ANY && (transport === 'tcp' || !this.deps.minimalAny)
  }

  private zoneFor(name: Name, type: number): CatalogZone | undefined {
    const zone = this.deps.catalog.zoneFor(name)
    const parent = type === Type.DS && zone?.name === name ? parentOf(name) : undefined
    // RFC 4035 §3.1.4.1: DS is data of the parent, where we have that too
    return parent === undefined ? zone : (this.deps.catalog.zoneFor(parent) ?? zone)
  }
}

/**
 * P4: what is remembered is given only while the zone that is to be served is the same, and no name that the answer rests on has
 * changed since.
 */
function holds(known: Remembered, now: CachedZone | Promise<CachedZone | undefined>): boolean {
  if (now instanceof Promise || !now.usable || identityOf(now) !== known.zone) return false
  if (now.seq === known.seq) return true
  const { names, seq } = known
  if (names === undefined || now.seq < seq || !now.isUnchangedSince(seq, names)) return false
  known.seq = now.seq
  return true
}

function showsSoa({ answers, authorities }: Answer): boolean {
  const isSoa = ({ type }: { readonly type: number }) => type === Type.SOA
  return answers.some(isSoa) || authorities.some(isSoa)
}
