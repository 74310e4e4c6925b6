import { setTimeout as delay } from 'node:timers/promises'
import type { CatalogZone } from '../../../shared/catalog.ts'
import { Opcode, Type } from '../../../shared/dns/codes.ts'
import { extendedError } from '../../../shared/dns/edns.ts'
import { encodeResponse, type Message } from '../../../shared/dns/message.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { compareSerial, type Serial } from '../../../shared/dns/serial.ts'
import { TsigStream } from '../../../shared/dns/tsig.ts'
import type { Logger } from '../../../shared/log.ts'
import { type Authenticated, signAnswer } from '../authenticate.ts'
import type { EdgeCatalog } from '../catalog.ts'
import type { Answer, AnswerStream, Requester } from '../listeners/listener.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { Gate } from '../zones/gate.ts'
import type { HistoryClient } from '../zones/history-client.ts'
import { differences, oneDifference, type TransferContents, wholeZone } from './contents.ts'
import {
  BUSY,
  judgeTransfer,
  type TransferRefusal,
  type TransferRequest,
  UNAVAILABLE,
} from './judge-transfer.ts'
import { MessagePacker, recordsOf } from './message-packer.ts'
import { planIxfr } from './plan.ts'
import type { Slots } from './slots.ts'
import type { TransferForm, TransferMetrics } from './transfer-metrics.ts'

export interface TransfersContext {
  readonly catalog: Pick<EdgeCatalog, 'zoneNamed'>
  readonly cache: { get(zone: CatalogZone): CachedZone | Promise<CachedZone | undefined> }
  readonly history: HistoryClient
  readonly slots: Slots
  readonly metrics: TransferMetrics
  readonly log: Logger
  /** ms since the epoch. */
  readonly now: () => number
  /** For the audit. */
  readonly onRefusal: (refusal: TransferRefusal, message: Message, from: Requester) => void
  /** A client has told its serial, or has been brought to one. */
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

/** Condensing holds up to some 40 MB for a moment, and then what it found for as long as the client takes. */
const CONDENSED_AT_ONCE = 2
const UDP_WITHOUT_EDNS = 512
const UDP_SIZE = 1_232
/** What fits into a datagram is condensed from not much more. */
const UDP_MOST_CONDENSED = 16 * 1024
/** A large zone that is not held yet takes a while to come; a secondary waits where a resolver would not. */
const ZONE_WAIT_MS = 60_000
const ZONE_RETRY_MS = 250
const NOTHING = () => {}

/** Answers AXFR (RFC 5936) and IXFR (RFC 1995). */
export class Transfers {
  private readonly context: TransfersContext
  private readonly condensing = new Gate(CONDENSED_AT_ONCE)

  constructor(context: TransfersContext) {
    this.context = context
  }

  /** The signed answer to an authenticated request, see {@link isTransfer}. */
  async answer(bytes: Uint8Array, message: Message, sender: Authenticated, from: Requester): Promise<Answer> {
    const request = { bytes, message, sender, from }
    const judged = judgeTransfer(message, sender, from, (name) => this.context.catalog.zoneNamed(name))
    if (judged.kind === 'refused') return this.refuse(request, judged)
    if (judged.serial !== undefined) this.context.onSerial(judged.zone, from, judged.serial)
    const zone = await this.zoneFor(judged.zone, from)
    if (zone === undefined) return this.refuse(request, UNAVAILABLE)
    if (judged.serial !== undefined && !isLater(zone.serial, judged.serial))
      return this.answerSoa(request, zone.rrset(zone.apex, Type.SOA)!, 'up-to-date')
    if (from.transport === 'udp') return await this.answerDatagram(request, zone, judged.serial!)
    return await this.stream(request, judged)
  }

  private async zoneFor(zone: CatalogZone, { transport }: Requester): Promise<CachedZone | undefined> {
    const { cache, catalog, now } = this.context
    const until = transport === 'tcp' ? now() + ZONE_WAIT_MS : 0
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
      return this.refuse(request, UNAVAILABLE)
    }
    return this.send(request, judged.zone, sending, release)
  }

  private async sendingFor({ kind, zone, serial }: TransferRequest): Promise<Sending | undefined> {
    if (kind === 'axfr') return await this.whole(zone, 'axfr')
    const held = await this.context.cache.get(zone)
    if (held === undefined) return undefined
    const [head, soa] = [held.head, held.rrset(held.apex, Type.SOA)!]
    const plan = await planIxfr({ ...this.context, condensing: this.condensing }, held, head, serial!)
    if (plan.kind === 'whole') {
      this.context.log.debug({ zone: zone.name, serial, why: plan.why }, 'IXFR answered with the whole zone')
      return await this.whole(zone, 'ixfr-whole')
    }
    if (plan.kind === 'condensed') {
      const contents = oneDifference(soa, plan.difference)
      return { form: 'ixfr-condensed', serial: head.serial, contents, close: NOTHING }
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
    { bytes, message, sender, from }: Request,
    zone: CatalogZone,
    sending: Sending,
    release: () => void,
  ): AnswerStream {
    const { metrics, log, now, onSerial } = this.context
    const began = performance.now()
    const signing = sender.kind === 'verified' ? new TsigStream(sender) : undefined
    const packer = new MessagePacker(bytes, message, signing?.octets ?? 0)
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

  /** RFC 1995 §2: what fits into one datagram, or the SOA alone, which tells the client to come over TCP. */
  private async answerDatagram(request: Request, zone: CachedZone, serial: Serial): Promise<Uint8Array> {
    const [head, soa] = [zone.head, zone.rrset(zone.apex, Type.SOA)!]
    const room = Math.min(request.message.edns?.udpSize ?? UDP_WITHOUT_EDNS, UDP_SIZE)
    const reserve = request.sender.kind === 'verified' ? new TsigStream(request.sender).octets : 0
    const deps = { ...this.context, condensing: this.condensing, mostCondensed: UDP_MOST_CONDENSED }
    const plan = await planIxfr(deps, zone, head, serial)
    if (plan.kind === 'condensed') {
      const packer = new MessagePacker(request.bytes, request.message, reserve)
      const contents = [...oneDifference(soa, plan.difference)].flatMap((group) => [...group])
      if (contents.every((record) => packer.fits(record, room) && packer.add(record))) {
        this.context.metrics.ended('ixfr-condensed', true)
        return signAnswer(packer.take(), request.sender, this.context.now())
      }
    }
    return this.answerSoa(request, soa, 'use-tcp')
  }

  private answerSoa(request: Request, soa: RRset, form: 'up-to-date' | 'use-tcp'): Uint8Array {
    const packer = new MessagePacker(request.bytes, request.message, 0)
    for (const record of recordsOf(soa)) packer.add(record)
    this.context.metrics.ended(form, true)
    return signAnswer(packer.take(), request.sender, this.context.now())
  }

  private refuse({ bytes, message, sender, from }: Request, refusal: TransferRefusal): Uint8Array {
    const { rcode, detail, info } = refusal
    this.context.metrics.refused(refusal.reason)
    this.context.onRefusal(refusal, message, from)
    const options = [extendedError(info, detail)]
    const { id, rd } = message.header
    const answer = encodeResponse({
      id,
      opcode: Opcode.QUERY,
      rcode,
      flags: { rd },
      questionBytes: bytes.subarray(12, message.questionEnd),
      ...(message.edns === undefined ? {} : { edns: { options } }),
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
