import { Opcode, Rcode, Type } from '../../shared/dns/codes.ts'
import type { Edns, EdnsOption } from '../../shared/dns/edns.ts'
import { decodeMessage, type Header, type Message, readHeader } from '../../shared/dns/message.ts'
import { canonicalName } from '../../shared/dns/name.ts'
import { TsigStream } from '../../shared/dns/tsig.ts'
import type { Logger } from '../../shared/log.ts'
import { NO_ZONE } from '../../shared/metrics/update-counts.ts'
import { refusalOption } from '../../shared/reasons.ts'
import type { UpdateTrace } from '../../shared/tracing/tracing.ts'
import { grantedLease, leaseOption, readLeaseOption } from '../../shared/update-lease.ts'
import { responseLimit } from './answer/limits.ts'
import { queryOf, readPlainQuery } from './answer/query.ts'
import type { Responder } from './answer/responder.ts'
import {
  type Authenticated,
  type AuthenticationContext,
  authenticate,
  identityOf,
  signAnswer,
  type Verdict,
} from './authenticate.ts'
import type { EdgeCatalog } from './catalog.ts'
import type { ProvenSenders } from './flood/proven-senders.ts'
import type { KeyUsageLog } from './key-usage-log.ts'
import type { Answer, Requester } from './listeners/listener.ts'
import type { EdgeMetrics } from './metrics.ts'
import {
  bare,
  malformed,
  refuseSig0,
  refuseSignature,
  refuseVersion,
  speaksOurVersion,
} from './refuse-message.ts'
import { answerTo, ednsFor } from './short-answer.ts'
import { isTransfer, isTransferType } from './transfers/judge-transfer.ts'
import type { Transfers } from './transfers/transfers.ts'
import { handleUpdate, type UpdateContext } from './update/handle-update.ts'
import type { Settled } from './update/resends.ts'
import { tellUpdate } from './update/tell-update.ts'

export interface MessageContext extends UpdateContext, AuthenticationContext {
  readonly catalog: Pick<EdgeCatalog, 'zoneNamed' | 'zones' | 'keysFor' | 'keyNames' | 'sig0KeyFor'>
  readonly log: Logger
  readonly metrics: EdgeMetrics
  readonly keyUsage: Pick<KeyUsageLog, 'add'>
  /** Told where rightly signed messages come from. */
  readonly proven?: Pick<ProvenSenders, 'add'>
  readonly transfers: Pick<Transfers, 'answer'>
  readonly responder: Pick<Responder, 'respond' | 'optionsFor' | 'limit' | 'udpSize' | 'hasMalformedCookie'>
}

const TAKEN: ReadonlySet<number> = new Set([Opcode.QUERY, Opcode.UPDATE, Opcode.NOTIFY])

/** One message in, one answer or silence out; at once for a plain query about a zone that is held. */
export function handleMessage(
  bytes: Uint8Array,
  from: Requester,
  context: MessageContext,
): Answer | Promise<Answer> {
  const header = readHeader(bytes)
  // an answer to an answer would let two servers talk for ever
  if (header === undefined || header.qr) return undefined
  const query = header.opcode === Opcode.QUERY ? readPlainQuery(bytes) : undefined
  if (query !== undefined && !isTransferType(query.type)) return context.responder.respond(bytes, query, from)
  return handleDecoded(header, bytes, from, context)
}

// no async functions from here to the answer of an update: what they keep of each would be copied by the collector while thousands wait

function handleDecoded(
  header: Header,
  bytes: Uint8Array,
  from: Requester,
  context: MessageContext,
): Answer | Promise<Answer> {
  const began = performance.now()
  if (!TAKEN.has(header.opcode))
    return unlessLimited(bare(header, Rcode.NOTIMP), header, from, context, undefined)
  const decoded = decodeMessage(bytes)
  if (!decoded.ok)
    return unlessLimited(
      malformed(bytes, header, decoded.reason, from, context),
      header,
      from,
      context,
      undefined,
    )
  const message = decoded.value
  const read = performance.now()
  const verdict = authenticate(bytes, message, context)
  return verdict instanceof Promise
    ? verdict.then((sender) => handleSent(bytes, message, sender, from, began, read, context))
    : handleSent(bytes, message, verdict, from, began, read, context)
}

function handleSent(
  bytes: Uint8Array,
  message: Message,
  sender: Verdict,
  from: Requester,
  began: number,
  read: number,
  context: MessageContext,
): Answer | Promise<Answer> {
  const { header } = message
  const limited = (answer: Uint8Array | undefined, of?: Message) =>
    unlessLimited(answer, header, from, context, of)
  if (sender.kind === 'malformed')
    return limited(malformed(bytes, header, sender.reason, from, context), message)
  if (sender.kind === 'sig0-refused')
    return limited(refuseSig0(bytes, message, sender, from, context), message)
  if (sender.kind === 'refused')
    return limited(refuseSignature(bytes, message, sender, from, context), message)
  noteUse(sender, from, context)
  if (!speaksOurVersion(message)) {
    const answer = refuseVersion(bytes, message, sender, from, context)
    return sender.kind === 'unsigned' ? limited(answer, message) : answer
  }
  if (header.opcode === Opcode.UPDATE) {
    const times = { began, read, verified: performance.now() }
    return answerUpdate(bytes, message, sender, from, times, context)
  }
  const isNotify = header.opcode === Opcode.NOTIFY
  if ((isNotify || isTransfer(message)) && context.responder.hasMalformedCookie(message, from)) {
    const answer = malformed(bytes, header, 'the COOKIE option has a wrong length', from, context)
    return sender.kind === 'unsigned' ? limited(answer, message) : signAnswer(answer, sender, context.now())
  }
  if (isNotify) {
    const answer = answerNotify(bytes, message, sender, from, context)
    return sender.kind === 'unsigned' ? limited(answer, message) : answer
  }
  if (isTransfer(message)) return context.transfers.answer(bytes, message, sender, from)
  return answerQuery(bytes, message, sender, from, context)
}

async function answerQuery(
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: Requester,
  context: MessageContext,
): Promise<Answer> {
  const reserve = sender.kind === 'verified' ? new TsigStream(sender).octets : 0
  const answer = await context.responder.respond(bytes, queryOf(message), from, reserve)
  return answer && signAnswer(answer, sender, context.now())
}

/**
 * Silence where rate limiting drops the answer, which has no records, to somebody who did not show that his address is no forgery.
 * Never to UPDATE: whoever sent one waits for its outcome.
 */
function unlessLimited(
  answer: Uint8Array | undefined,
  { opcode }: Header,
  from: Requester,
  { responder }: MessageContext,
  message: Message | undefined,
): Uint8Array | undefined {
  if (answer === undefined || opcode === Opcode.UPDATE) return answer
  return responder.limit(from, false, message?.edns) === 'drop' ? undefined : answer
}

/** For "who still uses the old secret"; what was signed in vain is told by the refusals. */
function noteUse(sender: Authenticated, from: Requester, context: MessageContext): void {
  const { keyUsage, proven, now } = context
  if (sender.kind !== 'unsigned') proven?.add(from.address)
  if (sender.kind === 'verified' && sender.key.id !== undefined)
    keyUsage.add(sender.key.id, from.address, now())
}

/** By `performance.now()`. */
interface UpdateTimes {
  readonly began: number
  readonly read: number
  readonly verified: number
}

function answerUpdate(
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: Requester,
  times: UpdateTimes,
  context: MessageContext,
): Promise<Answer> {
  const { began } = times
  const trace = noteReceived(times, context)
  return handleUpdate(bytes, message, sender, from, context, trace).then((settled) =>
    toldUpdate(settled, bytes, message, sender, from, began, trace, context),
  )
}

function toldUpdate(
  settled: Settled | undefined,
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: Requester,
  began: number,
  trace: UpdateTrace | undefined,
  context: MessageContext,
): Uint8Array | undefined {
  const zone = zoneOf(message, context)
  const { address, transport } = from
  const ended = { zone, identity: identityOf(sender), address, transport, began }
  tellUpdate(settled, ended, context.metrics, trace)
  return settled && sayUpdate(settled, bytes, message, sender, from, context)
}

function noteReceived(
  { began, read, verified }: UpdateTimes,
  { metrics, tracing }: MessageContext,
): UpdateTrace | undefined {
  metrics.stages.receive.observe(read - began)
  metrics.stages.verify.observe(verified - read)
  const trace = tracing?.update(began)
  trace?.step('receive', { from: began, to: read })
  trace?.step('verify', { from: read, to: verified })
  return trace
}

/** For metrics, which name none but zones of ours. */
function zoneOf({ questions }: Message, { catalog }: MessageContext): string {
  const [question] = questions
  return (question && catalog.zoneNamed(canonicalName(question.name))?.name) ?? NO_ZONE
}

function sayUpdate(
  settled: Settled,
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: Requester,
  context: MessageContext,
): Uint8Array {
  const { rcode, reason, reference, hint } = settled
  const lease = leaseFor(message, settled)
  const extra = lease ?? (message.edns && refusalOption(reason, reference, hint))
  const say = (edns: Partial<Edns>) =>
    signAnswer(answerTo(bytes, message, rcode, edns), sender, context.now())
  const answer = say(ednsFor(message, from, context, extra))
  const limit = responseLimit(message.edns, from.transport, context.responder.udpSize)
  // an answer without its explanation, or its lease, is better than none
  return extra === undefined || answer.length <= limit ? answer : say(ednsFor(message, from, context))
}

/** RFC 9664 §4.3: what was granted is told to whoever asked for it; in a zone that grants nothing there is nothing to tell. */
function leaseFor({ edns }: Message, { rcode, detail }: Settled): EdnsOption | undefined {
  if (edns === undefined || rcode !== Rcode.NOERROR) return undefined
  const granted = readLeaseOption(edns.options) && grantedLease(detail)
  return granted && leaseOption(granted)
}

function answerNotify(
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: Requester,
  context: MessageContext,
): Uint8Array {
  const rcode = rcodeOfNotify(message, context)
  return signAnswer(answerTo(bytes, message, rcode, ednsFor(message, from, context)), sender, context.now())
}

/** RFC 1996 §3.11: a primary has nothing to learn from NOTIFY, and says so in peace; edges may notify each other. */
function rcodeOfNotify({ questions }: Message, { catalog }: MessageContext): number {
  const [question] = questions
  if (question?.type !== Type.SOA || questions.length > 1) return Rcode.FORMERR
  return catalog.zoneNamed(canonicalName(question.name)) === undefined ? Rcode.NOTAUTH : Rcode.NOERROR
}
