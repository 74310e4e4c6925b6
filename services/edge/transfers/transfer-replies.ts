import type { CatalogZone } from '../../../shared/catalog.ts'
import { Opcode, Rcode } from '../../../shared/dns/codes.ts'
import type { Edns, EdnsOption } from '../../../shared/dns/edns.ts'
import { encodeResponse, type Message, type ResponseParts } from '../../../shared/dns/message.ts'
import { refusalOption } from '../../../shared/reasons.ts'
import type { RateVerdict } from '../answer/rate-limit.ts'
import { signAnswer } from '../authenticate.ts'
import type { Requester } from '../listeners/listener.ts'
import { auditReference } from '../update/handle-update.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { EXPIRED, type TransferRefusal, UNAVAILABLE } from './judge-transfer.ts'
import { MessagePacker, recordsOf } from './message-packer.ts'
import type { Request, TransfersContext } from './transfers-context.ts'

/** More than a datagram has by default, so that the SOA with the longest names has room beside the question and the options. */
const DATAGRAM = 2_048

/** The answers to requests for transfers that are no transfers: an SOA alone, and refusals. Each is signed when the request was. */
export class TransferReplies {
  private readonly context: TransfersContext

  constructor(context: TransfersContext) {
    this.context = context
  }

  /** What rate limiting makes of the answer, see the responder. */
  limit({ message, sender, from }: Request, question?: Uint8Array): RateVerdict {
    return this.context.responder.limit(from, sender.kind !== 'unsigned', message.edns, question)
  }

  packerFor({ bytes, message, from }: Request, reserve: number): MessagePacker {
    const edns = this.ednsFor(message, from)
    const largest = from.transport === 'udp' ? Math.max(DATAGRAM, this.context.responder.udpSize) : undefined
    return new MessagePacker(bytes, message, reserve, edns, largest)
  }

  private ednsFor(message: Message, from: Requester, why?: EdnsOption): Partial<Edns> {
    const { responder } = this.context
    const options = responder.optionsFor(message, from)
    return { udpSize: responder.udpSize, options: why === undefined ? options : [...options, why] }
  }

  unavailable(zone: CatalogZone): TransferRefusal {
    return this.context.cache.isExpired(zone) ? EXPIRED : UNAVAILABLE
  }

  /** RFC 1995 §2: for a client that has the newest serial, or that should come over TCP. */
  answerSoa(request: Request, { soa }: CachedZone, form: 'up-to-date' | 'use-tcp'): Uint8Array {
    const packer = this.packerFor(request, 0)
    for (const record of recordsOf(soa)) packer.add(record)
    this.context.metrics.ended(form, true, request.from.address)
    return signAnswer(packer.take(), request.sender, this.context.now())
  }

  /** Says to come over TCP. */
  truncated(request: Request): Uint8Array {
    this.context.metrics.ended('use-tcp', true, request.from.address)
    return this.withoutRecords(request, Rcode.NOERROR, { tc: true })
  }

  /** Counts and audits it; silence where rate limiting drops the answer. */
  refuse(request: Request, refusal: TransferRefusal): Uint8Array | undefined {
    const { rcode, reason } = refusal
    this.context.metrics.refused(reason, request.from.address)
    const reference = auditReference(this.context.onRefusal(refusal, request.message, request.from))
    if (this.limit(request) === 'drop') return undefined
    return this.withoutRecords(request, rcode, {}, refusalOption(reason, reference))
  }

  private withoutRecords(
    { bytes, message, sender, from }: Request,
    rcode: number,
    flags: ResponseParts['flags'],
    why?: EdnsOption,
  ): Uint8Array {
    const { id, rd } = message.header
    const answer = encodeResponse({
      id,
      opcode: Opcode.QUERY,
      rcode,
      flags: { ...flags, rd },
      questionBytes: bytes.subarray(12, message.questionEnd),
      ...(message.edns && {
        edns: { ...this.ednsFor(message, from, why), dnssecOk: message.edns.dnssecOk },
      }),
    })
    return signAnswer(answer.bytes, sender, this.context.now())
  }
}
