import { Class, Opcode, Type } from '../../../shared/dns/codes.ts'
import { encodeMessage } from '../../../shared/dns/message.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { TsigKey } from '../../../shared/dns/tsig.ts'
import type { Logger } from '../../../shared/log.ts'
import { recordsOf } from '../transfers/message-packer.ts'
import type { ZoneApex } from '../zones/zone-apex.ts'
import type { Destination, ExchangeResult, NotifyExchange } from './exchange.ts'
import { NotifyLog } from './notify-log.ts'
import type { NotifyMetrics } from './notify-metrics.ts'
import type { Pace } from './pace.ts'
import type { Secondary, Try } from './secondary.ts'
import { addressOf, type TargetLookup } from './targets.ts'

export interface DeliveryContext extends TargetLookup {
  readonly catalog: TargetLookup['catalog'] & { keysFor(name: Name): readonly TsigKey[] }
  readonly exchange: NotifyExchange
  readonly pace: Pace
  readonly metrics: Pick<NotifyMetrics, 'sent'>
  readonly log: Logger
}

const MOST_FAILING = 10_000

/** Sends one NOTIFY message to one server, in its turn, and says what came of it. */
export class Delivery {
  private readonly context: DeliveryContext
  private readonly notifyLog: NotifyLog
  /** Addresses that were sent what was not acknowledged, and are not known to have acknowledged anything since; and for whom. */
  private readonly failing = new Map<string, Set<Secondary>>()

  constructor(context: DeliveryContext) {
    this.context = context
    this.notifyLog = new NotifyLog(context.log)
  }

  /** Tells of the zone as `newest` gives it when the message leaves. Never rejects. */
  async attempt(newest: () => ZoneApex, secondary: Secondary, timeoutMs: number): Promise<Try> {
    const to = await this.prepare(secondary, newest())
    if (!('failure' in to)) await secondary.inTurn(this.context.pace)
    if (secondary.isClosed) return { result: { failure: 'nobody is told any more' }, serial: undefined }
    const apex = newest()
    const result = 'failure' in to ? to : await this.send(to, apex, timeoutMs)
    this.context.metrics.sent(secondary.target.text, result)
    if ('address' in to) this.note(to.address, secondary, result)
    if (!secondary.isClosed) this.notifyLog.ended({ zone: apex.apex, to: secondary.target.text }, result)
    return { result, serial: 'failure' in to ? undefined : apex.serial }
  }

  isFailing(address: string): boolean {
    return this.failing.has(address)
  }

  /** The server is not told of the zone any more. */
  forget(zone: Name, secondary: Secondary): void {
    this.notifyLog.forget({ zone, to: secondary.target.text })
    this.forgetFailing(secondary.status.address, secondary)
  }

  /** Where to, and signed with what. */
  private async prepare(
    secondary: Secondary,
    apexOfZone: ZoneApex,
  ): Promise<Destination | { failure: string }> {
    const { target, status } = secondary
    const address = await addressOf(target, apexOfZone, this.context).catch(() => undefined)
    if (address === undefined) return { failure: `${target.host} has no address` }
    if (status.address !== address) this.forgetFailing(status.address, secondary)
    secondary.isAt(address)
    const { port } = target
    if (target.key === undefined) return { address, port, key: undefined }
    const keys = this.context.catalog.keysFor(target.key)
    // while a key is rotated the secondary may still have the secret before
    const key = keys[status.failures % Math.max(1, keys.length)]
    return key === undefined ? { failure: `there is no key ${target.key}` } : { address, port, key }
  }

  private note(address: string, secondary: Secondary, result: ExchangeResult): void {
    if (result === 'acknowledged') this.failing.delete(address)
    else if (!secondary.isClosed) this.noteFailing(address, secondary)
  }

  private noteFailing(address: string, secondary: Secondary): void {
    const known = this.failing.get(address)
    if (known !== undefined) known.add(secondary)
    else if (this.failing.size < MOST_FAILING) this.failing.set(address, new Set([secondary]))
  }

  private forgetFailing(address: string | undefined, secondary: Secondary): void {
    const known = address === undefined ? undefined : this.failing.get(address)
    if (known?.delete(secondary) === true && known.size === 0) this.failing.delete(address!)
  }

  private send(to: Destination, apex: ZoneApex, timeoutMs: number): Promise<ExchangeResult> {
    return this.context.exchange.send(to, (id) => notifyMessage(apex, id), timeoutMs)
  }
}

/** RFC 1996 §3.7: the question is the zone's SOA; the answer has the new one, so that a secondary need not ask for it. */
function notifyMessage({ soa }: ZoneApex, id: number): Uint8Array {
  return encodeMessage({
    id,
    opcode: Opcode.NOTIFY,
    flags: { aa: true },
    questions: [{ name: soa.name, type: Type.SOA, class: Class.IN }],
    answers: [...recordsOf(soa)],
  })
}
