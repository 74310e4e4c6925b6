import { setTimeout as delay } from 'node:timers/promises'
import type { CatalogZone } from '../../../shared/catalog.ts'
import { Opcode, Rcode } from '../../../shared/dns/codes.ts'
import type { EdnsOption } from '../../../shared/dns/edns.ts'
import { encodeResponse, type Message, type ResponseParts } from '../../../shared/dns/message.ts'
import { compareSerial, type Serial } from '../../../shared/dns/serial.ts'
import { TsigStream } from '../../../shared/dns/tsig.ts'
import type { Logger } from '../../../shared/log.ts'
import { refusalOption } from '../../../shared/reasons.ts'
import { responseLimit } from '../answer/limits.ts'
import type { RateVerdict } from '../answer/rate-limit.ts'
import type { Responder } from '../answer/responder.ts'
import type { ZoneSource } from '../answer/zone-answers.ts'
import { type Authenticated, signAnswer } from '../authenticate.ts'
import type { EdgeCatalog } from '../catalog.ts'
import type { Answer, AnswerStream, Requester } from '../listeners/listener.ts'
import { auditReference } from '../update/handle-update.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { Gate } from '../zones/gate.ts'
import type { HistoryClient } from '../zones/history-client.ts'
import { CondensedRoom } from './condensed-room.ts'
import { differences, oneDifference, type TransferContents, wholeZone } from './contents.ts'
import { packDifference, recentDifference } from './datagram.ts'
import {
  BUSY,
  EXPIRED,
  judgeTransfer,
  type TransferRefusal,
  type TransferRequest,
  UNAVAILABLE,
} from './judge-transfer.ts'
import { MessagePacker, recordsOf } from './message-packer.ts'
import { type PlanDeps, planIxfr } from './plan.ts'
import type { Slots } from './slots.ts'
import type { TransferForm, TransferMetrics } from './transfer-metrics.ts'

export interface TransfersContext {
  readonly catalog: Pick<EdgeCatalog, 'zoneNamed'>
  readonly cache: ZoneSource
  readonly history: HistoryClient
  readonly slots: Slots
  readonly metrics: TransferMetrics
  readonly log: Logger
  /** ms since the epoch. */
  readonly now: () => number
  /** What rate limiting makes of answers over UDP, and the EDNS options that every answer has. */
  readonly responder: Pick<Responder, 'limit' | 'optionsFor'>
  /** For the audit, whose number it answers. */
  readonly onRefusal: (refusal: TransferRefusal, message: Message, from: Requester) => string
  /** A client whose address is no forgery has told its serial, or has been brought to one. */
  readonly onSerial: (zone: CatalogZone, from: Requester, serial: number) => void
}

interface Request {
  readonly bytes: Uint8Array
  readonly message: Message
  readonly sender: Authenticated
  readonly from: Requester
}

/** What one transfer sends. */
interface Sending {
  readonly form: TransferForm
  readonly serial: number
  readonly contents: TransferContents
  /** Lets go of what is read. */
  readonly close: () => void
}

/** Condensing holds up to some 40 MB for a moment. */
const CONDENSED_AT_ONCE = 2
/** Requests over UDP that wait for a zone to be fetched. */
const WAITING_DATAGRAMS = 100
/** A large zone that is not held yet takes a while to come; a secondary waits where a resolver would not. */
const ZONE_WAIT_MS = 60_000
const ZONE_RETRY_MS = 250
const NOTHING = () => {}

/** Answers AXFR (RFC 5936) and IXFR (RFC 1995). */
export class Transfers {
  private readonly context: TransfersContext
  private readonly planning: PlanDeps
  private waitingDatagrams = 0

  constructor(context: TransfersContext) {
    this.context = context
    const condensing = new Gate(CONDENSED_AT_ONCE)
    this.planning = { history: context.history, condensing, room: new CondensedRoom() }
  }

  /** The signed answer to an authenticated request, see {@link isTransfer}. */
  async answer(bytes: Uint8Array, message: Message, sender: Authenticated, from: Requester): Promise<Answer> {
    const request = { bytes, message, sender, from }
    const judged = judgeTransfer(message, sender, from, (name) => this.context.catalog.zoneNamed(name))
    if (judged.kind === 'refused') return this.refuse(request, judged)
    // over UDP anybody can write any address onto a request
    if (judged.serial !== undefined && (from.transport === 'tcp' || sender.kind !== 'unsigned'))
      this.context.onSerial(judged.zone, from, judged.serial)
    if (from.transport === 'udp') return await this.answerDatagram(request, judged.zone, judged.serial!)
    const zone = await this.zoneFor(judged.zone)
    if (zone === undefined) return this.refuse(request, this.unavailable(judged.zone))
    if (judged.serial !== undefined && !isLater(zone.serial, judged.serial))
      return this.answerSoa(request, zone, 'up-to-date')
    return await this.stream(request, judged)
  }

  private async zoneFor(zone: CatalogZone): Promise<CachedZone | undefined> {
    const { cache, catalog, now } = this.context
    const until = now() + ZONE_WAIT_MS
    for (;;) {
      const held = await cache.get(zone)
      if (held !== undefined || now() > until || catalog.zoneNamed(zone.name)?.id !== zone.id) return held
      await delay(ZONE_RETRY_MS)
    }
  }

  private async stream(request: Request, judged: TransferRequest): Promise<Answer> {
    const release = await this.context.slots.take(request.from.address)
    if (release === undefined) return this.refuse(request, BUSY)
    const sending = await this.sendingFor(judged).catch((error) => {
      release()
      throw error
    })
    if (sending === undefined) {
      release()
      return this.refuse(request, this.unavailable(judged.zone))
    }
    return this.send(request, judged.zone, sending, release)
  }

  private async sendingFor({ kind, zone, serial }: TransferRequest): Promise<Sending | undefined> {
    if (kind === 'axfr') return await this.whole(zone, 'axfr')
    const held = await this.context.cache.get(zone)
    if (held === undefined) return undefined
    const { head, soa } = held
    const plan = await planIxfr(this.planning, held, head, serial!)
    if (plan.kind === 'whole') {
      this.context.log.debug({ zone: zone.name, serial, why: plan.why }, 'IXFR answered with the whole zone')
      return await this.whole(zone, 'ixfr-whole')
    }
    if (plan.kind === 'condensed') {
      const contents = oneDifference(soa, plan.difference)
      return { form: 'ixfr-condensed', serial: head.serial, contents, close: plan.close }
    }
    const { after, upTo } = plan.extent
    const contents = differences(soa, this.context.history.changes(zone.id, after, upTo))
    return { form: 'ixfr-changes', serial: head.serial, contents, close: NOTHING }
  }

  private async whole(zone: CatalogZone, form: 'axfr' | 'ixfr-whole'): Promise<Sending | undefined> {
    const held = await this.context.cache.get(zone)
    if (held === undefined) return undefined
    const reading = held.open()
    return { form, serial: reading.head.serial, contents: wholeZone(reading), close: reading.close }
  }

  /** Every message signed when the request was (RFC 8945 §5.3.1), each made when the client has taken the one before it. */
  private async *send(
    request: Request,
    zone: CatalogZone,
    sending: Sending,
    release: () => void,
  ): AnswerStream {
    const { metrics, log, now, onSerial } = this.context
    const { sender, from } = request
    const began = performance.now()
    const signing = sender.kind === 'verified' ? new TsigStream(sender) : undefined
    const packer = this.packerFor(request, signing?.octets ?? 0)
    const sent = { messages: 0, octets: 0 }
    let isComplete = false
    try {
      for await (const unsigned of pack(packer, sending.contents)) {
        const next = signing?.sign(unsigned, now() / 1_000) ?? unsigned
        sent.messages++
        sent.octets += next.length
        metrics.sent(next.length)
        yield next
      }
      isComplete = true
      onSerial(zone, from, sending.serial)
    } finally {
      sending.close()
      release()
      metrics.ended(sending.form, isComplete)
      const { form, serial } = sending
      const about = {
        zone: zone.name,
        to: from.address,
        form,
        serial,
        ...sent,
        ms: Math.round(performance.now() - began),
      }
      if (isComplete) log.info(about, 'transfer sent')
      else log.warn(about, 'transfer ended before all was sent')
    }
  }

  /**
   * RFC 1995 §2: what fits into one datagram, or the SOA alone, which tells the client to come over TCP. Made of what this edge has
   * at hand, and limited in its rate.
   */
  private async answerDatagram(
    request: Request,
    wanted: CatalogZone,
    serial: Serial,
  ): Promise<Uint8Array | undefined> {
    const { bytes, message, sender } = request
    if (this.waitingDatagrams >= WAITING_DATAGRAMS) return this.refuse(request, BUSY)
    const zone = await this.zoneForDatagram(wanted)
    if (zone === undefined) return this.refuse(request, this.unavailable(wanted))
    const verdict = this.limit(request, bytes.subarray(12, message.questionEnd))
    if (verdict !== 'pass') return verdict === 'drop' ? undefined : this.truncated(request)
    if (!isLater(zone.serial, serial)) return this.answerSoa(request, zone, 'up-to-date')
    const difference = recentDifference(zone, serial)
    if (difference === undefined) return this.answerSoa(request, zone, 'use-tcp')
    const reserve = sender.kind === 'verified' ? new TsigStream(sender).octets : 0
    const packer = this.packerFor(request, reserve)
    if (!packDifference(packer, zone, difference, responseLimit(message.edns, 'udp')))
      return this.answerSoa(request, zone, 'use-tcp')
    this.context.metrics.ended('ixfr-condensed', true)
    return signAnswer(packer.take(), sender, this.context.now())
  }

  private async zoneForDatagram(zone: CatalogZone): Promise<CachedZone | undefined> {
    const held = this.context.cache.get(zone)
    if (!(held instanceof Promise)) return held
    this.waitingDatagrams++
    try {
      return await held
    } finally {
      this.waitingDatagrams--
    }
  }

  private limit({ message, sender, from }: Request, question?: Uint8Array): RateVerdict {
    return this.context.responder.limit(from, sender.kind !== 'unsigned', message.edns, question)
  }

  private packerFor({ bytes, message, from }: Request, reserve: number): MessagePacker {
    return new MessagePacker(bytes, message, reserve, this.context.responder.optionsFor(message, from))
  }

  private unavailable(zone: CatalogZone): TransferRefusal {
    return this.context.cache.isExpired(zone) ? EXPIRED : UNAVAILABLE
  }

  private answerSoa(request: Request, { soa }: CachedZone, form: 'up-to-date' | 'use-tcp'): Uint8Array {
    const packer = this.packerFor(request, 0)
    for (const record of recordsOf(soa)) packer.add(record)
    this.context.metrics.ended(form, true)
    return signAnswer(packer.take(), request.sender, this.context.now())
  }

  private truncated(request: Request): Uint8Array {
    this.context.metrics.ended('use-tcp', true)
    return this.withoutRecords(request, Rcode.NOERROR, { tc: true })
  }

  private refuse(request: Request, refusal: TransferRefusal): Uint8Array | undefined {
    const { rcode, reason } = refusal
    this.context.metrics.refused(reason)
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
    const options = this.context.responder.optionsFor(message, from)
    const { id, rd } = message.header
    const answer = encodeResponse({
      id,
      opcode: Opcode.QUERY,
      rcode,
      flags: { ...flags, rd },
      questionBytes: bytes.subarray(12, message.questionEnd),
      ...(message.edns && {
        edns: { dnssecOk: message.edns.dnssecOk, options: why === undefined ? options : [...options, why] },
      }),
    })
    return signAnswer(answer.bytes, sender, this.context.now())
  }
}

async function* pack(packer: MessagePacker, contents: TransferContents): AsyncGenerator<Uint8Array> {
  for await (const group of contents)
    for (const record of group) {
      if (packer.add(record)) continue
      yield packer.take()
      packer.add(record)
    }
  if (!packer.isEmpty) yield packer.take()
}

/** RFC 1982; two serials without an order count as different contents. */
function isLater(ours: number, theirs: number): boolean {
  const order = compareSerial(theirs as Serial, ours as Serial)
  return order === -1 || order === undefined
}
