import { Class, isMetaType, Rcode, Type } from '../../../shared/dns/codes.ts'
import type { Edns, Message, ResponseParts } from '../../../shared/dns/message.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { answerQuestion } from './answer-question.ts'

/** What we say we take over UDP, and the most we send: fits everywhere without fragments. */
export const UDP_SIZE = 1_232

/** The zone of a question: held, not ours, or ours but not at hand in a state that may be served. */
export type ZoneForQuery = CachedZone | 'not-ours' | 'unavailable'

/** A response whose last additional records may be left out without truncation. */
export interface QueryResponse extends ResponseParts {
  readonly optional: readonly ResourceRecord[]
}

/**
 * The rcode of a query that no zone needs to be looked at for: undefined when one does. Classes other than IN and transfers
 * are refused.
 */
export function judgeQuery(message: Message): number | undefined {
  if (message.edns !== undefined && message.edns.version !== 0) return Rcode.BADVERS
  const [question] = message.questions
  if (question === undefined || message.questions.length > 1) return Rcode.FORMERR
  if (question.class !== Class.IN) return Rcode.REFUSED
  const { type } = question
  if (type === Type.AXFR || type === Type.IXFR) return Rcode.REFUSED
  if (type === Type.MAILA || type === Type.MAILB) return Rcode.NOTIMP
  return isMetaType(type) && type !== Type.ANY ? Rcode.FORMERR : undefined
}

/** A response without records. `bytes` are those of the query, whose question is echoed bit for bit. */
export function emptyResponse(bytes: Uint8Array, message: Message, rcode: number): QueryResponse {
  return {
    id: message.header.id,
    opcode: message.header.opcode,
    rcode,
    flags: { rd: message.header.rd },
    questionBytes: bytes.subarray(12, message.questionEnd),
    ...(message.edns === undefined ? {} : { edns: ourEdns(message.edns) }),
    optional: [],
  }
}

/** Answers a query that {@link judgeQuery} let pass. Pure; `transport` decides how much ANY gives. */
export function answerQuery(
  bytes: Uint8Array,
  message: Message,
  zone: ZoneForQuery,
  transport: 'udp' | 'tcp',
): QueryResponse {
  const judged = judgeQuery(message)
  if (judged !== undefined) return emptyResponse(bytes, message, judged)
  if (zone === 'not-ours') return emptyResponse(bytes, message, Rcode.REFUSED)
  if (zone === 'unavailable' || !zone.usable) return emptyResponse(bytes, message, Rcode.SERVFAIL)
  const { name, type } = message.questions[0]!
  const answer = answerQuestion(zone, name, type, transport === 'tcp')
  return {
    ...emptyResponse(bytes, message, answer.rcode),
    flags: { rd: message.header.rd, aa: answer.authoritative },
    answers: answer.answers,
    authorities: answer.authorities,
    additionals: answer.glue,
    optional: answer.additionals,
  }
}

function ourEdns(theirs: Edns): Partial<Edns> {
  // RFC 3225 §3: the DO bit comes back as it was sent
  return { udpSize: UDP_SIZE, dnssecOk: theirs.dnssecOk }
}
