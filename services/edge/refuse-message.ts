import { Opcode, Rcode, rcodeToText } from '../../shared/dns/codes.ts'
import type { Edns, EdnsOption } from '../../shared/dns/edns.ts'
import { findEdns } from '../../shared/dns/find-edns.ts'
import { encodeResponse, type Header, type Message } from '../../shared/dns/message.ts'
import { refuseWithTsig, type TsigRefusal } from '../../shared/dns/tsig.ts'
import { signatureMark } from '../../shared/fingerprint.ts'
import { refusalOption } from '../../shared/reasons.ts'
import { type Authenticated, type Sig0Refusal, signAnswer } from './authenticate.ts'
import type { MessageContext } from './handle-message.ts'
import type { Requester } from './listeners/listener.ts'
import { answerTo, ednsFor } from './short-answer.ts'
import { isTransfer } from './transfers/judge-transfer.ts'
import { auditReference, claimsOf } from './update/handle-update.ts'
import { describeSig0, describeSignature } from './update/signature-hint.ts'

/** What is said to messages that are refused before anything is done for them: counted, and audited (P5). */

/** FORMERR. */
export function malformed(
  bytes: Uint8Array,
  header: Header,
  reason: string,
  from: Requester,
  context: MessageContext,
): Uint8Array {
  context.log.debug({ reason, from }, 'malformed message')
  const auditId = context.refusals.add({
    reason: 'malformed',
    rcode: Rcode.FORMERR,
    source: from.address,
    claimedKey: '',
    zone: '',
    detail: () => reason,
  })
  if (header.opcode === Opcode.UPDATE) context.metrics.updateRefused(from.transport, 'FORMERR', 'malformed')
  const why = refusalOption('malformed', auditReference(auditId))
  const edns = why && { udpSize: context.responder.udpSize, options: [why] }
  return bare(header, Rcode.FORMERR, findEdns(bytes) && edns)
}

/** NOTAUTH with the error in TSIG (RFC 8945 §5.2). */
export function refuseSignature(
  bytes: Uint8Array,
  message: Message,
  refusal: TsigRefusal,
  from: Requester,
  context: MessageContext,
): Uint8Array {
  const why = noteBadSignature(bytes, message, refusal, from, context)
  const answer = answerTo(bytes, message, Rcode.NOTAUTH, ednsFor(message, from, context, why))
  return refuseWithTsig(answer, refusal, context.now() / 1_000)
}

/** Of an update or a query: whoever tries keys may do it with either. */
function noteBadSignature(
  bytes: Uint8Array,
  message: Message,
  refusal: TsigRefusal,
  from: Requester,
  context: MessageContext,
): EdnsOption | undefined {
  const reason = REASON_OF[refusal.error]
  const auditId = context.refusals.add({
    reason,
    rcode: Rcode.NOTAUTH,
    ...claimsOf(message, from),
    detail: (maySearch) => describeSignature(refusal, context.catalog, context.now(), maySearch),
  })
  const reference = auditReference(auditId)
  if (message.header.opcode === Opcode.UPDATE) {
    context.metrics.updateRefused(from.transport, 'NOTAUTH', reason)
    // signed by the key's holder, whose clock is ahead: a copy must not be taken when ours gets there (P3)
    const mark = refusal.error === 'BADTIME' ? signatureMark(bytes, message) : undefined
    if (mark !== undefined)
      context.refusedSignatures.add(mark, { rcode: Rcode.NOTAUTH, reason, detail: '', reference })
  }
  return refusalOption(reason, reference)
}

const REASON_OF = {
  BADKEY: 'tsig-badkey',
  BADSIG: 'tsig-badsig',
  BADTIME: 'tsig-badtime',
  BADTRUNC: 'tsig-badtrunc',
} as const satisfies Record<TsigRefusal['error'], string>

/**
 * NOTAUTH, without a signature. When too many are being verified: REFUSED over TCP; silence over UDP, where a copy of the
 * message may still be on its way, to which the answer could be another (P3).
 */
export function refuseSig0(
  bytes: Uint8Array,
  message: Message,
  { error }: Sig0Refusal,
  from: Requester,
  context: MessageContext,
): Uint8Array | undefined {
  const rcode = error !== 'BUSY' ? Rcode.NOTAUTH : from.transport === 'tcp' ? Rcode.REFUSED : null
  const reason = SIG0_REASON_OF[error]
  const auditId = context.refusals.add({
    reason,
    rcode,
    ...claimsOf(message, from),
    detail: () => describeSig0(error, message.sig0!, context.catalog, context.now()),
  })
  if (message.header.opcode === Opcode.UPDATE)
    context.metrics.updateRefused(from.transport, rcode === null ? 'silence' : rcodeToText(rcode), reason)
  if (rcode === null) return undefined
  const why = refusalOption(reason, auditReference(auditId))
  return answerTo(bytes, message, rcode, ednsFor(message, from, context, why))
}

const SIG0_REASON_OF = {
  BADKEY: 'sig0-badkey',
  BADSIG: 'sig0-badsig',
  BADTIME: 'sig0-badtime',
  BUSY: 'sig0-busy',
} as const satisfies Record<Sig0Refusal['error'], string>

/** The responder says so to plain queries by itself. */
export function speaksOurVersion(message: Message): boolean {
  const isPlain = message.header.opcode === Opcode.QUERY && !isTransfer(message)
  return isPlain || (message.edns?.version ?? 0) === 0
}

/** RFC 6891 §6.1.3: BADVERS, with our version; what else is in such a message is not looked at. */
export function refuseVersion(
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: Requester,
  context: MessageContext,
): Uint8Array {
  const reason = 'edns-version'
  const auditId = context.refusals.add({
    reason,
    rcode: Rcode.BADVERS,
    ...claimsOf(message, from),
    detail: () => `EDNS version ${message.edns?.version}`,
  })
  if (message.header.opcode === Opcode.UPDATE)
    context.metrics.updateRefused(from.transport, 'BADVERS', reason)
  const why = refusalOption(reason, auditReference(auditId))
  const answer = answerTo(bytes, message, Rcode.BADVERS, ednsFor(message, from, context, why))
  return signAnswer(answer, sender, context.now())
}

/** Nothing but a header, and EDNS for whoever sent it, for messages whose sections cannot be trusted. */
export function bare({ id, opcode }: Header, rcode: number, edns?: Partial<Edns>): Uint8Array {
  return encodeResponse({ id, opcode, rcode, ...(edns && { edns }) }).bytes
}
