import { setTimeout as delay } from 'node:timers/promises'
import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Message } from '../../../shared/dns/message.ts'
import { compareSerial, type Serial } from '../../../shared/dns/serial.ts'
import { TsigStream } from '../../../shared/dns/tsig.ts'
import { responseLimit } from '../answer/limits.ts'
import { type Authenticated, signAnswer } from '../authenticate.ts'
import type { Answer, AnswerStream, Requester } from '../listeners/listener.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { Gate } from '../zones/gate.ts'
import { differences, oneDifference, type TransferContents, wholeZone } from './contents.ts'
import { packDifference, recentDifference } from './datagram.ts'
import { BUSY, judgeTransfer, type TransferRequest } from './judge-transfer.ts'
import type { MessagePacker } from './message-packer.ts'
import { type PlanDeps, planIxfr } from './plan.ts'
import type { TransferForm } from './transfer-metrics.ts'
import { TransferReplies } from './transfer-replies.ts'
import type { Request, TransfersContext } from './transfers-context.ts'

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
/** Requests over TCP that wait so. */
const WAITING_FOR_ZONES = 500
const NOTHING = () => {}

/** Answers AXFR (RFC 5936) and IXFR (RFC 1995). */
export class Transfers {
  private readonly context: TransfersContext
  private readonly replies: TransferReplies
  private readonly planning: PlanDeps
  private waitingDatagrams = 0
  private waitingForZones = 0

  constructor(context: TransfersContext) {
    this.context = context
    this.replies = new TransferReplies(context)
    const { history, room } = context
    this.planning = { history, room, condensing: new Gate(CONDENSED_AT_ONCE) }
  }

  /** The signed answer to an authenticated request, see {@link isTransfer}. */
  async answer(bytes: Uint8Array, message: Message, sender: Authenticated, from: Requester): Promise<Answer> {
    const request = { bytes, message, sender, from }
    const judged = judgeTransfer(message, sender, from, (name) => this.context.catalog.zoneNamed(name))
    if (judged.kind === 'refused') return this.replies.refuse(request, judged)
    // over UDP anybody can write any address onto a request
    if (judged.serial !== undefined && (from.transport === 'tcp' || sender.kind !== 'unsigned'))
      this.context.onSerial(judged.zone, from, judged.serial)
    if (from.transport === 'udp') return await this.answerDatagram(request, judged.zone, judged.serial!)
    const zone = await this.zoneFor(judged.zone, from)
    if (zone === undefined) return this.replies.refuse(request, this.replies.unavailable(judged.zone))
    if (judged.serial !== undefined && !isLater(zone.serial, judged.serial))
      return this.replies.answerSoa(request, zone, 'up-to-date')
    return await this.stream(request, judged)
  }

  private async zoneFor(zone: CatalogZone, from: Requester): Promise<CachedZone | undefined> {
    const held = await this.context.cache.get(zone)
    if (held !== undefined || this.waitingForZones >= WAITING_FOR_ZONES) return held
    this.waitingForZones++
    try {
      return await this.comingZone(zone, from)
    } finally {
      this.waitingForZones--
    }
  }

  private async comingZone(zone: CatalogZone, { isGone }: Requester): Promise<CachedZone | undefined> {
    const { cache, catalog, now } = this.context
    const until = now() + ZONE_WAIT_MS
    while (now() <= until && cache.mayCome(zone) && isGone?.() !== true) {
      if (catalog.zoneNamed(zone.name)?.id !== zone.id) break
      await delay(ZONE_RETRY_MS)
      const held = await cache.get(zone)
      if (held !== undefined) return held
    }
    return undefined
  }

  private async stream(request: Request, judged: TransferRequest): Promise<Answer> {
    const release = await this.context.slots.take(request.from.address)
    if (release === undefined) return this.replies.refuse(request, BUSY)
    const sending = await this.sendingFor(judged).catch((error) => {
      release()
      throw error
    })
    if (sending === undefined) {
      release()
      return this.replies.refuse(request, this.replies.unavailable(judged.zone))
    }
    return this.send(request, judged.zone, sending, release)
  }

  private async sendingFor({ kind, zone, serial }: TransferRequest): Promise<Sending | undefined> {
    if (kind === 'axfr') return await this.whole(zone, 'axfr')
    const held = await this.context.cache.get(zone)
    if (held === undefined) return undefined
    const { head, soa } = held
    const unpin = held.pin()
    const plan = await planIxfr(this.planning, held, head, serial!).finally(unpin)
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
    const sent = { messages: 0, octets: 0 }
    let isComplete = false
    try {
      const signing = sender.kind === 'verified' ? new TsigStream(sender) : undefined
      const packer = this.replies.packerFor(request, signing?.octets ?? 0)
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
      metrics.ended(sending.form, isComplete, from.address)
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
    const found = this.context.cache.get(wanted)
    // requests for zones that are held wait for nothing, however many wait for others
    if (found instanceof Promise && this.waitingDatagrams >= WAITING_DATAGRAMS)
      return this.replies.refuse(request, BUSY)
    const zone = found instanceof Promise ? await this.waitedFor(found) : found
    if (zone === undefined) return this.replies.refuse(request, this.replies.unavailable(wanted))
    const verdict = this.replies.limit(request, bytes.subarray(12, message.questionEnd))
    if (verdict !== 'pass') return verdict === 'drop' ? undefined : this.replies.truncated(request)
    if (!isLater(zone.serial, serial)) return this.replies.answerSoa(request, zone, 'up-to-date')
    const difference = recentDifference(zone, serial)
    if (difference === undefined) return this.replies.answerSoa(request, zone, 'use-tcp')
    const reserve = sender.kind === 'verified' ? new TsigStream(sender).octets : 0
    const packer = this.replies.packerFor(request, reserve)
    const limit = responseLimit(message.edns, 'udp', this.context.responder.udpSize)
    if (!packDifference(packer, zone, difference, limit))
      return this.replies.answerSoa(request, zone, 'use-tcp')
    this.context.metrics.ended('ixfr-condensed', true, request.from.address)
    return signAnswer(packer.take(), sender, this.context.now())
  }

  private async waitedFor(zone: Promise<CachedZone | undefined>): Promise<CachedZone | undefined> {
    this.waitingDatagrams++
    try {
      return await zone
    } finally {
      this.waitingDatagrams--
    }
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
