import { Opcode, Rcode, rcodeToText, type TsigError } from '../../shared/dns/codes.ts'
import {
  decodeMessage,
  encodeResponse,
  type Header,
  type Message,
  readHeader,
} from '../../shared/dns/message.ts'
import { refuseWithTsig } from '../../shared/dns/tsig.ts'
import type { Logger } from '../../shared/log.ts'
import { type Authenticated, authenticate, signAnswer } from './authenticate.ts'
import type { EdgeCatalog } from './catalog.ts'
import type { Answer, Requester } from './listeners/listener.ts'
import type { EdgeMetrics } from './metrics.ts'
import { isTransfer } from './transfers/judge-transfer.ts'
import type { Transfers } from './transfers/transfers.ts'
import { claimedKey, handleUpdate, type UpdateContext, zoneText } from './update/handle-update.ts'

export interface MessageContext extends UpdateContext {
  readonly catalog: Pick<EdgeCatalog, 'zoneNamed' | 'keysFor'>
  readonly log: Logger
  readonly metrics: EdgeMetrics
  readonly transfers: Pick<Transfers, 'answer'>
  /** The unsigned answer to a query; `reserved` octets are left for a signature. */
  readonly answerQuery: (
    bytes: Uint8Array,
    message: Message,
    from: Requester,
    reserved: number,
  ) => Promise<Uint8Array | undefined>
}

/** The largest TSIG record: a key name, an algorithm name and a SHA-512 MAC. */
const TSIG_RESERVE = 400

/** One message in, one answer or silence out. */
export async function handleMessage(
  bytes: Uint8Array,
  from: Requester,
  context: MessageContext,
): Promise<Answer> {
  const header = readHeader(bytes)
  // an answer to an answer would let two servers talk for ever
  if (header === undefined || header.qr) return undefined
  if (header.opcode !== Opcode.QUERY && header.opcode !== Opcode.UPDATE) return bare(header, Rcode.NOTIMP)
  const decoded = decodeMessage(bytes)
  if (!decoded.ok) return malformed(header, decoded.reason, from, context)
  const message = decoded.value
  const sender = authenticate(bytes, message, context.catalog, context.now())
  if (sender.kind === 'malformed') return malformed(header, sender.reason, from, context)
  if (sender.kind === 'refused') {
    if (header.opcode === Opcode.UPDATE || isTransfer(message))
      noteBadSignature(message, sender.error, from, context)
    return refuseWithTsig(answerTo(bytes, message, Rcode.NOTAUTH), sender, context.now() / 1_000)
  }
  if (header.opcode === Opcode.UPDATE) return await answerUpdate(bytes, message, sender, from, context)
  if (isTransfer(message)) return await context.transfers.answer(bytes, message, sender, from)
  const answer = await context.answerQuery(
    bytes,
    message,
    from,
    sender.kind === 'verified' ? TSIG_RESERVE : 0,
  )
  return answer && signAnswer(answer, sender, context.now())
}

async function answerUpdate(
  bytes: Uint8Array,
  message: Message,
  sender: Authenticated,
  from: Requester,
  context: MessageContext,
): Promise<Uint8Array | undefined> {
  const began = performance.now()
  const settled = await handleUpdate(bytes, message, sender, from, context)
  context.metrics.update(
    settled === undefined ? 'silence' : rcodeToText(settled.rcode),
    from.transport,
    performance.now() - began,
  )
  if (settled === undefined) return undefined
  return signAnswer(answerTo(bytes, message, settled.rcode), sender, context.now())
}

/** RFC 2136 §3.8: id, opcode and zone section of the request, the other sections empty. Never TC. */
function answerTo(bytes: Uint8Array, message: Message, rcode: number): Uint8Array {
  const { id, opcode, rd } = message.header
  const edns = message.edns === undefined ? {} : { edns: {} }
  const questionBytes = bytes.subarray(12, message.questionEnd)
  return encodeResponse({
    id,
    opcode,
    rcode,
    flags: { rd: opcode === Opcode.QUERY && rd },
    questionBytes,
    ...edns,
  }).bytes
}

function malformed(header: Header, reason: string, from: Requester, context: MessageContext): Uint8Array {
  if (header.opcode === Opcode.UPDATE)
    context.refusals.add({
      reason: 'malformed',
      rcode: Rcode.FORMERR,
      source: from.address,
      claimedKey: '',
      zone: '',
    })
  context.log.debug({ reason, from }, 'malformed message')
  return bare(header, Rcode.FORMERR)
}

function noteBadSignature(
  message: Message,
  error: keyof typeof TsigError,
  from: Requester,
  context: MessageContext,
): void {
  const reason = `tsig-${error.toLowerCase()}`
  context.refusals.add({
    reason,
    rcode: Rcode.NOTAUTH,
    source: from.address,
    claimedKey: claimedKey(message),
    zone: zoneText(message),
  })
  if (message.header.opcode === Opcode.UPDATE) context.metrics.update('NOTAUTH', from.transport, 0)
}

/** Nothing but a header, for messages whose sections cannot be trusted. */
function bare({ id, opcode }: Header, rcode: number): Uint8Array {
  return encodeResponse({ id, opcode, rcode }).bytes
}
