import { Class, Opcode, Rcode } from '../../../shared/dns/codes.ts'
import { type Edns, type EdnsOption, OptionCode, optLength } from '../../../shared/dns/edns.ts'
import { HEADER_OCTETS } from '../../../shared/dns/header.ts'
import { encodeResponse, type Message, type ResponseParts } from '../../../shared/dns/message.ts'
import { canonicalName, readName } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { Requester } from '../listeners/listener.ts'
import { chaosRecord, type Identity } from './chaos.ts'
import type { CookieVerdict, ServerCookies } from './cookies.ts'
import { AnswerCounters } from './counters.ts'
import { compose, type Draft, isTruncated } from './draft.ts'
import { BADCOOKIE, judge, NOT_SAID, type Unanswered } from './judge.ts'
import { kindOfErrors, kindOfTransfer } from './kinds.ts'
import { responseLimit } from './limits.ts'
import { type Query, queryOf } from './query.ts'
import type { RateVerdict } from './rate-limit.ts'
import { ReplyOptions } from './reply-options.ts'
import { ZoneAnswers, type ZoneAnswersDeps } from './zone-answers.ts'

export interface ResponderDeps extends ZoneAnswersDeps {
  /** What we say we take over UDP, and the most we send, in octets. */
  readonly udpSize: number
  readonly identity: Identity
  readonly cookies: ServerCookies | undefined
  /** Whether clients that know cookies must show a valid one over UDP. */
  readonly demandCookies: boolean
  /** How long a TCP connection may be idle, in ms. */
  readonly idleMs: number
  /** ms since the epoch. */
  readonly now: () => number
}

/** Undefined is silence. */
export type Reply = Uint8Array | undefined

/** One query on its way to its answer. */
interface Exchange {
  readonly bytes: Buffer
  readonly query: Query
  readonly from: Requester
  readonly transport: 'udp' | 'tcp'
  readonly signed: boolean
  readonly now: number
  readonly cookie: CookieVerdict
  readonly options: readonly EdnsOption[]
  /** Octets for all but the OPT. */
  readonly room: number
}

const NO_OPTIONS: readonly EdnsOption[] = []

/** Answers queries: at once, or when a zone has been fetched. */
export class Responder {
  readonly counters = new AnswerCounters()
  private readonly deps: ResponderDeps
  private readonly zoneAnswers: ZoneAnswers
  private readonly replyOptions: ReplyOptions
  private readonly errors: number

  constructor(deps: ResponderDeps) {
    this.deps = deps
    this.zoneAnswers = new ZoneAnswers(deps)
    this.replyOptions = new ReplyOptions(deps.cookies, deps.identity.id, deps.idleMs)
    this.errors = kindOfErrors(deps.limiter)
  }

  /** What we say we take over UDP, and the most we send, in octets. */
  get udpSize(): number {
    return this.deps.udpSize
  }

  /** Answers that were at hand, whole. */
  get remembered(): number {
    return this.zoneAnswers.remembered
  }

  /**
   * The unsigned answer to a query whose octets are `bytes`; silence where rate limiting drops it. `reserve` octets are left free
   * for the TSIG of the answer to a signed query. Never fails for anything that is in the message.
   */
  respond(bytes: Uint8Array, query: Query, from: Requester, reserve = 0): Reply | Promise<Reply> {
    const exchange = this.begin(bytes, query, from, reserve)
    const demanded = this.deps.demandCookies && from.transport === 'udp'
    const judged = judge(query, exchange.cookie, demanded)
    if (judged !== undefined) return this.finish(exchange, judged)
    if (query.class === Class.CH) return this.finish(exchange, this.chaos(exchange))
    const draft = this.zoneAnswers.draft(exchange)
    return draft instanceof Promise
      ? draft.then((late) => this.finish(exchange, late))
      : this.finish(exchange, draft)
  }

  /** The options that go into an answer to any message with EDNS, an UPDATE for one. Cookies are never demanded there. */
  optionsFor(message: Message, from: Requester): readonly EdnsOption[] {
    const { edns } = queryOf(message)
    if (edns === undefined) return NO_OPTIONS
    const seconds = Math.floor(this.deps.now() / 1_000)
    return this.replyOptions.for(edns, this.checkCookie(edns.cookie, from, seconds), from, seconds)
  }

  /** RFC 7873 §5.2.2: whether a message is to be answered with FORMERR for its COOKIE. For all but queries, which are seen to here. */
  hasMalformedCookie(message: Message, from: Requester): boolean {
    const { cookies, now } = this.deps
    const option = queryOf(message).edns?.cookie
    const isMalformed = cookies?.check(option, from.address, Math.floor(now() / 1_000)) === 'malformed'
    if (isMalformed) this.counters.cookies.malformed++
    return isMalformed
  }

  /**
   * What rate limiting makes of an answer that is made elsewhere. With records it counts by its question, whose octets are given;
   * without one it counts among the errors, and may leave as it is when it is to slip.
   */
  limit(from: Requester, isSigned: boolean, edns?: Edns, question?: Uint8Array): RateVerdict {
    const { limiter, cookies, now: clock } = this.deps
    if (limiter === undefined) return 'pass'
    const now = clock()
    const option = edns?.options.find(({ code }) => code === OptionCode.COOKIE)?.data
    const isShown = isSigned || cookies?.check(option, from.address, Math.floor(now / 1_000)) === 'valid'
    const kind = question === undefined ? this.errors : kindOfTransfer(limiter, question)
    return this.judgeRate(from, isShown, kind, now)
  }

  private begin(bytes: Uint8Array, query: Query, from: Requester, reserve: number): Exchange {
    const { edns } = query
    const { transport } = from
    const now = this.deps.now()
    let cookie: CookieVerdict = 'none'
    let options = NO_OPTIONS
    let limit = responseLimit(edns, transport, this.deps.udpSize)
    if (edns !== undefined) {
      const seconds = Math.floor(now / 1_000)
      cookie = this.checkCookie(edns.cookie, from, seconds)
      options = this.replyOptions.for(edns, cookie, from, seconds)
      limit -= optLength(options)
    }
    const room = limit - reserve
    return { bytes: asBuffer(bytes), query, from, transport, signed: reserve > 0, now, cookie, options, room }
  }

  private checkCookie(option: Uint8Array | undefined, from: Requester, seconds: number): CookieVerdict {
    if (option === undefined || this.deps.cookies === undefined) return 'none'
    const verdict = this.deps.cookies.check(option, from.address, seconds)
    this.counters.cookies[verdict]++
    return verdict
  }

  private chaos({ bytes, query }: Exchange): Draft | Unanswered {
    const name = readName(bytes, HEADER_OCTETS)
    const record = name.ok && chaosRecord(canonicalName(name.value.name), query.type, this.deps.identity)
    if (!record) return NOT_SAID
    const answered = encodeShort(bytes, query, Rcode.NOERROR, { aa: true }, [record])
    return { bytes: answered, rcode: Rcode.NOERROR, kind: this.errors }
  }

  private finish(exchange: Exchange, said: Draft | Unanswered): Reply {
    const draft = 'bytes' in said ? said : this.withoutRecords(exchange, said)
    const limited = this.limitDraft(exchange, draft)
    if (limited === undefined) return undefined
    const { query, transport, options } = exchange
    this.counters[transport][limited.rcode]!++
    if (isTruncated(limited.bytes)) this.counters.truncated++
    const why = query.edns === undefined ? undefined : limited.extendedError
    return compose(limited, query, this.deps.udpSize, why === undefined ? options : [...options, why])
  }

  /** What rate limiting leaves of an answer. */
  private limitDraft(exchange: Exchange, draft: Draft): Draft | undefined {
    const { cookie, signed, from, now } = exchange
    const verdict = this.judgeRate(from, signed || cookie === 'valid', draft.kind, now)
    if (verdict === 'pass') return draft
    if (verdict === 'drop') return undefined
    // an error is as short as what would say to ask again
    if (draft.kind === this.errors) return draft
    if (cookie === 'new' || cookie === 'bad') return this.withoutRecords(exchange, BADCOOKIE)
    const { bytes, query } = exchange
    return { ...draft, bytes: encodeShort(bytes, query, draft.rcode, { tc: true }) }
  }

  /** TCP, a valid cookie and a signature show that an address is no forgery: such answers are not limited. */
  private judgeRate(from: Requester, isShown: boolean, kind: number, now: number): RateVerdict {
    const { limiter } = this.deps
    if (limiter === undefined || isShown || from.transport === 'tcp') return 'pass'
    const verdict = limiter.judge(from.address, kind, now)
    if (verdict === 'drop') this.counters.rateDropped++
    else if (verdict === 'slip') this.counters.rateSlipped++
    return verdict
  }

  private withoutRecords({ bytes, query }: Exchange, said: Unanswered): Draft {
    return { ...said, bytes: encodeShort(bytes, query, said.rcode), kind: this.errors }
  }
}

function encodeShort(
  bytes: Uint8Array,
  query: Query,
  rcode: number,
  flags: ResponseParts['flags'] = {},
  answers: readonly ResourceRecord[] = [],
): Uint8Array {
  const questionBytes = bytes.subarray(HEADER_OCTETS, query.questionEnd)
  // the upper bits of the rcode go into the OPT
  return encodeResponse({ id: 0, opcode: Opcode.QUERY, rcode: rcode & 15, flags, questionBytes, answers })
    .bytes
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
