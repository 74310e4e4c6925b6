import { Type } from '../../../shared/dns/codes.ts'
import { type EdnsOption, OptionCode } from '../../../shared/dns/edns.ts'
import { Flag, HEADER_OCTETS } from '../../../shared/dns/header.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { skipName } from '../../../shared/dns/name-wire.ts'
import { u16 } from '../../../shared/dns/octets.ts'

/**
 * What answering needs of a message with opcode QUERY. The name stays in the octets: the first question begins right after the
 * header, where nothing is there to point to, so it is never compressed.
 */
export interface Query {
  readonly id: number
  readonly rd: boolean
  /** How many questions there are; type and class are those of the first. */
  readonly questions: number
  /** The offset after the question section. */
  readonly questionEnd: number
  readonly type: number
  readonly class: number
  /** Undefined without EDNS. */
  readonly edns: QueryEdns | undefined
}

/** Unknown options are passed over (RFC 6891 §6.1.2); of one that is there twice the first counts (RFC 7873 §4). */
export interface QueryEdns {
  readonly udpSize: number
  readonly version: number
  readonly dnssecOk: boolean
  cookie: Uint8Array | undefined
  wantsNsid: boolean
  wantsKeepalive: boolean
}

const LONGEST_NAME = 255
const QUESTION_REST = 4
/** OPT without its options: the root, type, class, TTL and length. */
const OPT_OCTETS = 11

/**
 * Reads a query as nearly all of them are: one question, nothing else but an OPT. Undefined for everything else, malformed or
 * not, which `decodeMessage` is for; what both read, they read alike.
 */
export function readPlainQuery(bytes: Uint8Array): Query | undefined {
  if (bytes.length < HEADER_OCTETS || u16(bytes, 4) !== 1 || u16(bytes, 6) !== 0 || u16(bytes, 8) !== 0)
    return undefined
  const nameEnd = skipName(bytes, HEADER_OCTETS, Math.min(bytes.length, HEADER_OCTETS + LONGEST_NAME))
  const questionEnd = nameEnd + QUESTION_REST
  if (nameEnd < 0 || questionEnd > bytes.length) return undefined
  const additionals = u16(bytes, 10)
  let edns: QueryEdns | undefined
  if (additionals === 1) {
    edns = readOpt(bytes, questionEnd)
    if (edns === undefined) return undefined
  } else if (additionals !== 0 || questionEnd !== bytes.length) return undefined
  return {
    id: u16(bytes, 0),
    rd: (u16(bytes, 2) & Flag.RD) !== 0,
    questions: 1,
    questionEnd,
    type: u16(bytes, nameEnd),
    class: u16(bytes, nameEnd + 2),
    edns,
  }
}

/** The OPT that fills the octets from `at` to their end. */
function readOpt(bytes: Uint8Array, at: number): QueryEdns | undefined {
  const start = at + OPT_OCTETS
  if (start > bytes.length || bytes[at] !== 0 || u16(bytes, at + 1) !== Type.OPT) return undefined
  if (start + u16(bytes, at + 9) !== bytes.length) return undefined
  const edns = ednsOf(u16(bytes, at + 3), bytes[at + 6]!, (bytes[at + 7]! & 0x80) !== 0)
  for (let next = start; next < bytes.length; ) {
    if (next + 4 > bytes.length) return undefined
    const end = next + 4 + u16(bytes, next + 2)
    if (end > bytes.length) return undefined
    takeOption(edns, u16(bytes, next), bytes, next + 4, end)
    next = end
  }
  return edns
}

/** The query in a message that was decoded whole. */
export function queryOf({ header, questions, questionEnd, edns }: Message): Query {
  const [question] = questions
  return {
    id: header.id,
    rd: header.rd,
    questions: questions.length,
    questionEnd,
    type: question?.type ?? 0,
    class: question?.class ?? 0,
    edns: edns && withOptions(ednsOf(edns.udpSize, edns.version, edns.dnssecOk), edns.options),
  }
}

function withOptions(edns: QueryEdns, options: readonly EdnsOption[]): QueryEdns {
  for (const { code, data } of options) takeOption(edns, code, data, 0, data.length)
  return edns
}

function ednsOf(udpSize: number, version: number, dnssecOk: boolean): QueryEdns {
  return { udpSize, version, dnssecOk, cookie: undefined, wantsNsid: false, wantsKeepalive: false }
}

function takeOption(edns: QueryEdns, code: number, octets: Uint8Array, from: number, to: number): void {
  if (code === OptionCode.COOKIE) edns.cookie ??= octets.subarray(from, to)
  else if (code === OptionCode.NSID) edns.wantsNsid = true
  else if (code === OptionCode.TCP_KEEPALIVE) edns.wantsKeepalive = true
}
