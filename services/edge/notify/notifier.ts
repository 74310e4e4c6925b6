import { setTimeout as delay } from 'node:timers/promises'
import type { CatalogZone } from '../../../shared/catalog.ts'
import { Class, Opcode, Type } from '../../../shared/dns/codes.ts'
import { encodeMessage } from '../../../shared/dns/message.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { TsigKey } from '../../../shared/dns/tsig.ts'
import type { Logger } from '../../../shared/log.ts'
import type { SecondaryStatus, Sighting } from '../../../shared/messaging/secondaries-service.ts'
import type { NotifyTarget } from '../../../shared/transfers/notify-target.ts'
import type { NotifyMode } from '../../../shared/transfers/transfer-settings.ts'
import { recordsOf } from '../transfers/message-packer.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { Gate } from '../zones/gate.ts'
import type { ExchangeResult, NotifyExchange } from './exchange.ts'
import type { NotifyMetrics, SecondaryLag } from './notify-metrics.ts'
import { RETRY_TIMES, type RetryTimes, Secondary } from './secondary.ts'
import { nameServerTargets, resolveTarget, type ZoneLookup } from './targets.ts'

export interface NotifierContext extends ZoneLookup {
  readonly catalog: ZoneLookup['catalog'] & {
    zones(): Iterable<CatalogZone>
    keysFor(name: Name): readonly TsigKey[]
  }
  readonly exchange: NotifyExchange
  /** Whether it is this edge that sends what there is to send for a zone. */
  readonly owns: (zoneId: number) => boolean
  /** Zones that want more than this get no more. */
  readonly mostMode: NotifyMode
  readonly metrics: NotifyMetrics
  readonly log: Logger
  readonly times?: Partial<NotifyTimes>
}

/** In ms. */
export interface NotifyTimes {
  /** Changes that come together are told together. */
  readonly gatherMs: number
  /** Between two rounds of a zone that goes on changing. */
  readonly periodMs: number
  /** Zones that changed this long ago are told again when the edge that should have done so has gone. */
  readonly takeOverMs: number
  readonly retry?: RetryTimes
}

const TIMES: NotifyTimes = { gatherMs: 50, periodMs: 500, takeOverMs: 60_000 }
const ROUNDS_AT_ONCE = 20
const ATTEMPTS = 20
const RETRY_MS = 500

/** What there is of one zone. */
interface ZoneState {
  readonly secondaries: Map<string, Secondary>
  /** When its last round began, by `performance.now()`. */
  lastRound: number
  scheduled: NodeJS.Timeout | undefined
  settings: string
}

/** Notifies secondaries of changes (RFC 1996): each zone by one edge, changes that come fast together, until they acknowledge. */
export class Notifier {
  private readonly context: NotifierContext
  private readonly times: NotifyTimes
  private readonly zones = new Map<number, ZoneState>()
  /** Zones of other edges that changed lately, and when. */
  private readonly elsewhere = new Map<number, number>()
  private readonly rounds = new Gate(ROUNDS_AT_ONCE)
  private closed = false

  constructor(context: NotifierContext) {
    this.context = context
    this.times = { ...TIMES, ...context.times }
  }

  get pending(): number {
    let count = 0
    for (const { secondaries } of this.zones.values())
      for (const secondary of secondaries.values()) if (secondary.isPending) count++
    return count
  }

  /** Something happened to a zone, at whichever edge; costs next to nothing. */
  changed(zoneId: number): void {
    if (this.context.owns(zoneId)) this.schedule(zoneId)
    else {
      // last in, last out
      this.elsewhere.delete(zoneId)
      this.elsewhere.set(zoneId, performance.now())
      this.forgetOld()
    }
  }

  /** The settings of a zone may have changed, or it is new. */
  settingsChanged(zone: CatalogZone): void {
    const settings = JSON.stringify(zone.transfers?.settings ?? null)
    const known = this.zones.get(zone.id)
    if (known === undefined ? !hasTargets(zone) : known.settings === settings) return
    if (this.context.owns(zone.id)) this.schedule(zone.id)
  }

  zoneGone(zoneId: number): void {
    const zone = this.zones.get(zoneId)
    if (zone === undefined) return
    clearTimeout(zone.scheduled)
    for (const secondary of zone.secondaries.values()) secondary.close()
    this.zones.delete(zoneId)
  }

  /** Other edges run than before, or this one has just started: it may have to look after more zones, or after fewer. */
  edgesChanged(): void {
    const { catalog, owns } = this.context
    for (const zoneId of [...this.zones.keys()]) if (!owns(zoneId)) this.zoneGone(zoneId)
    for (const zone of catalog.zones())
      if (owns(zone.id) && !this.zones.has(zone.id) && hasTargets(zone)) this.schedule(zone.id)
    for (const [zoneId, at] of this.elsewhere) {
      if (!owns(zoneId)) continue
      this.elsewhere.delete(zoneId)
      if (performance.now() - at < this.times.takeOverMs) this.schedule(zoneId)
    }
  }

  /** A client of transfers was seen at some edge. */
  seen(zoneId: number, { address, serial, at }: Sighting): void {
    for (const secondary of this.zones.get(zoneId)?.secondaries.values() ?? [])
      if (secondary.status.address === address) secondary.seen(serial, at)
  }

  /** Of a zone that this edge looks after; empty for others. */
  statusOf(zoneId: number): SecondaryStatus[] {
    const secondaries = this.zones.get(zoneId)?.secondaries.values() ?? []
    return [...secondaries].map((secondary) => secondary.status)
  }

  /** Of as many as metrics should tell of. */
  *lags(most = 1_000): Generator<SecondaryLag> {
    const now = Date.now()
    let left = most
    for (const [zoneId, { secondaries }] of this.zones) {
      const zone = this.context.catalog.zoneById(zoneId)?.name
      for (const { status } of secondaries.values()) {
        if (zone === undefined || left-- <= 0) return
        const { target, behindSince, failures } = status
        yield {
          zone,
          target,
          failures,
          behindSeconds: behindSince === undefined ? 0 : (now - behindSince) / 1_000,
        }
      }
    }
  }

  close(): void {
    this.closed = true
    for (const zoneId of [...this.zones.keys()]) this.zoneGone(zoneId)
  }

  private schedule(zoneId: number): void {
    if (this.closed) return
    let zone = this.zones.get(zoneId)
    if (zone === undefined) {
      zone = {
        secondaries: new Map(),
        lastRound: Number.NEGATIVE_INFINITY,
        scheduled: undefined,
        settings: '',
      }
      this.zones.set(zoneId, zone)
    }
    if (zone.scheduled !== undefined) return
    const wait = Math.max(this.times.gatherMs, zone.lastRound + this.times.periodMs - performance.now())
    const state = zone
    zone.scheduled = setTimeout(() => {
      state.scheduled = undefined
      state.lastRound = performance.now()
      void this.rounds.pass(() => this.round(zoneId, state))
    }, wait).unref()
  }

  /** Never rejects. */
  private async round(zoneId: number, state: ZoneState): Promise<void> {
    const { catalog, cache, owns, log } = this.context
    for (let attempt = 1; attempt <= ATTEMPTS && !this.closed; attempt++) {
      const zone = catalog.zoneById(zoneId)
      if (zone === undefined || !owns(zoneId) || this.zones.get(zoneId) !== state)
        return this.zoneGone(zoneId)
      try {
        state.settings = JSON.stringify(zone.transfers?.settings ?? null)
        if (modeOf(zone, this.context.mostMode) === 'no') return this.keepOnly(state, [])
        const held = await cache.get(zone)
        if (held !== undefined) return await this.tellAll(zone, held, state)
      } catch (error) {
        log.warn({ error, zone: zone.name }, 'the servers to notify could not be found out')
      }
      // the writers do not answer; the change is theirs, so they will
      await delay(RETRY_MS, undefined, { ref: false })
    }
  }

  private async tellAll(zone: CatalogZone, held: CachedZone, state: ZoneState): Promise<void> {
    const { serial } = held
    const named = zone.transfers?.targets ?? []
    const isOpen = modeOf(zone, this.context.mostMode) === 'yes'
    const targets = isOpen ? [...named, ...(await nameServerTargets(held, this.context))] : named
    this.keepOnly(state, targets)
    for (const target of targets) {
      const known = state.secondaries.get(target.text)
      const secondary = known ?? this.newSecondary(zone.id, target)
      state.secondaries.set(target.text, secondary)
      secondary.tell(serial)
    }
  }

  private keepOnly(state: ZoneState, targets: readonly NotifyTarget[]): void {
    const wanted = new Set(targets.map(({ text }) => text))
    for (const [text, secondary] of state.secondaries) {
      if (wanted.has(text)) continue
      secondary.close()
      state.secondaries.delete(text)
    }
  }

  private newSecondary(zoneId: number, target: NotifyTarget): Secondary {
    const secondary: Secondary = new Secondary(
      target,
      () => this.attempt(zoneId, secondary),
      this.times.retry,
    )
    return secondary
  }

  private async attempt(zoneId: number, secondary: Secondary): Promise<ExchangeResult> {
    const { catalog, metrics, log } = this.context
    const zone = catalog.zoneById(zoneId)
    const result = zone === undefined ? { failure: 'the zone is gone' } : await this.sendOnce(zone, secondary)
    metrics.sent(result)
    const about = { zone: zone?.name, to: secondary.target.text }
    if (result === 'acknowledged') log.debug(about, 'NOTIFY acknowledged')
    // the first one, and then as rarely as the pauses grow
    else log.warn({ ...about, failure: result.failure }, 'NOTIFY not acknowledged; it will be sent again')
    return result
  }

  private async sendOnce(zone: CatalogZone, secondary: Secondary): Promise<ExchangeResult> {
    const { catalog, cache, exchange } = this.context
    const { target } = secondary
    const { address } = await resolveTarget(target, this.context)
    if (address === undefined) return { failure: `${target.host} has no address` }
    secondary.isAt(address)
    const keys = target.key === undefined ? [] : catalog.keysFor(target.key)
    // while a key is rotated the secondary may still have the secret before
    const key = keys[secondary.status.failures % Math.max(1, keys.length)]
    if (target.key !== undefined && key === undefined) return { failure: `there is no key ${target.key}` }
    const held = await cache.get(zone)
    if (held === undefined) return { failure: 'the zone is not at hand' }
    const { timeoutMs } = this.times.retry ?? RETRY_TIMES
    return await exchange.send(
      { address, port: target.port, key },
      (id) => notifyMessage(held, id),
      timeoutMs,
    )
  }

  private forgetOld(): void {
    const now = performance.now()
    for (const [zoneId, at] of this.elsewhere) {
      if (now - at < this.times.takeOverMs) break
      this.elsewhere.delete(zoneId)
    }
  }
}

/** RFC 1996 §3.7: the question is the zone's SOA; the answer has the new one, so that a secondary need not ask for it. */
function notifyMessage(zone: CachedZone, id: number): Uint8Array {
  const soa = zone.rrset(zone.apex, Type.SOA)!
  return encodeMessage({
    id,
    opcode: Opcode.NOTIFY,
    flags: { aa: true },
    questions: [{ name: soa.name, type: Type.SOA, class: Class.IN }],
    answers: [...recordsOf(soa)],
  })
}

function hasTargets({ transfers }: CatalogZone): boolean {
  return transfers !== undefined && transfers.mode !== 'no' && transfers.targets.length > 0
}

const MODES: readonly NotifyMode[] = ['no', 'explicit', 'yes']

function modeOf({ transfers }: CatalogZone, most: NotifyMode): NotifyMode {
  const wanted = MODES.indexOf(transfers?.mode ?? 'yes')
  return MODES[Math.min(wanted, MODES.indexOf(most))]!
}
