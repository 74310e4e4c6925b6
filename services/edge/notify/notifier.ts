import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { SecondaryStatus, Sighting } from '../../../shared/messaging/secondaries-service.ts'
import { HEADS_AT_ONCE } from '../../../shared/messaging/zone-service.ts'
import type { NotifyTarget } from '../../../shared/transfers/notify-target.ts'
import type { NotifyMode } from '../../../shared/transfers/transfer-settings.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import { Gate } from '../zones/gate.ts'
import { apexOf, type ZoneApex } from '../zones/zone-apex.ts'
import { Delivery, type DeliveryContext } from './delivery.ts'
import type { SecondaryLag } from './notify-metrics.ts'
import { RETRY_TIMES, type RetryTimes, Secondary } from './secondary.ts'
import { besides, type NameServers, nameServerTargets, placesOf, targetsElsewhere } from './targets.ts'
import { newState, type ZoneState } from './zone-state.ts'

export interface NotifierContext extends DeliveryContext {
  readonly catalog: DeliveryContext['catalog'] & { zones(): Iterable<CatalogZone> }
  readonly cache: DeliveryContext['cache'] & { held(zoneId: number): CachedZone | undefined }
  /** Where a zone stands that is not held: nothing but that and who serves it is fetched. Rejects when it cannot be had. */
  readonly askForApex: (zone: CatalogZone) => Promise<ZoneApex>
  /** Where so many zones stand, {@link HEADS_AT_ONCE} at most; those that are gone are left out. Rejects as `askForApex`. */
  readonly askForHeads: (zoneIds: readonly number[]) => Promise<ReadonlyMap<number, { serial: number }>>
  /** Whether it is this edge that sends what there is to send for a zone. */
  readonly owns: (zoneId: number) => boolean
  /** Zones that want more than this get no more. */
  readonly mostMode: NotifyMode
  readonly times?: Partial<NotifyTimes>
}

/** In ms. */
export interface NotifyTimes {
  /** Changes that come together are told together. */
  readonly gatherMs: number
  /** Between two rounds of a zone that goes on changing. */
  readonly periodMs: number
  readonly retry?: RetryTimes
}

/**
 * NSD takes up what it fetched once a second; 4.6 takes two transfers in between for a failure, forgets what it has, and fetches the
 * whole zone. So the second is told of when the first has been taken up.
 */
const TIMES: NotifyTimes = { gatherMs: 50, periodMs: 1_500 }
const ROUNDS_AT_ONCE = 20
/** Rounds that fail double the time to the next, up to half a minute and more; so many are said of in the log. */
const MOST_FAILED_ROUNDS = 5
const TELLING_ROUNDS = 3

/** Notifies secondaries of changes (RFC 1996): each zone by one edge, changes that come fast together, until they acknowledge. */
export class Notifier {
  private readonly context: NotifierContext
  private readonly times: NotifyTimes
  private readonly zones = new Map<number, ZoneState>()
  private readonly delivery: Delivery
  private readonly rounds = new Gate(ROUNDS_AT_ONCE)
  /** Of zones that are told of only to be sure, which may be all of them. */
  private readonly patientRounds = new Gate(ROUNDS_AT_ONCE)
  private closed = false

  constructor(context: NotifierContext) {
    this.context = context
    this.delivery = new Delivery(context)
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
  }

  /** The settings of a zone may have changed, or it is new. */
  settingsChanged(zone: CatalogZone): void {
    const settings = JSON.stringify(zone.transfers?.settings ?? null)
    const known = this.zones.get(zone.id)
    if (known === undefined ? !this.mayTell(zone) : known.settings === settings) return
    if (this.context.owns(zone.id)) this.schedule(zone.id)
  }

  zoneGone(zoneId: number): void {
    const zone = this.zones.get(zoneId)
    if (zone === undefined) return
    clearTimeout(zone.scheduled)
    clearTimeout(zone.lookingAgain)
    this.keepOnly(zone, [])
    this.zones.delete(zoneId)
  }

  /** Other edges run than before, or this one has just started: it may have to look after more zones, or after fewer. */
  edgesChanged(): void {
    const { catalog, owns } = this.context
    for (const zoneId of [...this.zones.keys()]) if (!owns(zoneId)) this.zoneGone(zoneId)
    for (const zone of catalog.zones())
      if (owns(zone.id) && !this.zones.has(zone.id) && this.mayTell(zone)) this.schedule(zone.id, false)
  }

  /** Events may have been missed: those of zones that are held are fetched, so here it is about the others. Never rejects. */
  async eventsMissed(): Promise<void> {
    const { catalog, cache, owns } = this.context
    const ids: number[] = []
    for (const zone of catalog.zones())
      if (owns(zone.id) && cache.held(zone.id) === undefined && this.mayTell(zone)) ids.push(zone.id)
    for (let from = 0; from < ids.length; from += HEADS_AT_ONCE)
      await this.findChanged(ids.slice(from, from + HEADS_AT_ONCE))
  }

  /** A client of transfers was seen at some edge. */
  seen(zoneId: number, { address, serial, at }: Sighting): void {
    for (const secondary of this.zones.get(zoneId)?.secondaries.values() ?? [])
      if (secondary.status.address === address) secondary.seen(serial, at)
  }

  /** Whether a server that does not acknowledge was found at this address. */
  knows(address: string): boolean {
    return this.delivery.isFailing(address)
  }

  /** Whoever has this address asked for a zone's SOA. */
  heardOf(zoneId: number, address: string): void {
    for (const secondary of this.zones.get(zoneId)?.secondaries.values() ?? [])
      if (secondary.status.address === address) secondary.isAlive()
  }

  /** Of a zone that this edge looks after; empty for others. */
  statusOf(zoneId: number): SecondaryStatus[] {
    const secondaries = this.zones.get(zoneId)?.secondaries.values() ?? []
    return [...secondaries].map((secondary) => secondary.status)
  }

  /** Of as many as metrics should tell of: those that are worst off. */
  lags(most = 500): SecondaryLag[] {
    const now = Date.now()
    const lags: SecondaryLag[] = []
    for (const [zoneId, { secondaries }] of this.zones) {
      const zone = this.context.catalog.zoneById(zoneId)?.name
      if (zone === undefined) continue
      for (const { status } of secondaries.values()) {
        const { target, behindSince, failures } = status
        const behindSeconds = behindSince === undefined ? 0 : (now - behindSince) / 1_000
        lags.push({ zone, target, failures, behindSeconds })
      }
    }
    if (lags.length <= most) return lags
    return lags.sort((a, b) => b.behindSeconds - a.behindSeconds || b.failures - a.failures).slice(0, most)
  }

  close(): void {
    this.closed = true
    for (const zoneId of [...this.zones.keys()]) this.zoneGone(zoneId)
  }

  private async findChanged(zoneIds: readonly number[]): Promise<void> {
    const heads = await this.context.askForHeads(zoneIds).catch((error: unknown) => {
      this.context.log.debug({ error }, 'no writer says which zones changed: each is asked for')
      return undefined
    })
    for (const id of zoneIds) {
      const known = this.zones.get(id)?.apex
      const changed = heads === undefined || heads.get(id)?.serial !== known?.serial
      if (changed && this.context.owns(id)) this.schedule(id, heads !== undefined && known !== undefined)
    }
  }

  private schedule(zoneId: number, isUrgent = true): void {
    if (this.closed) return
    const state = this.zones.get(zoneId) ?? newState()
    this.zones.set(zoneId, state)
    state.isUrgent ||= isUrgent
    if (state.scheduled !== undefined) return
    const rest = state.lastRound + this.times.periodMs * 2 ** state.failedRounds - performance.now()
    state.scheduled = setTimeout(
      () => {
        state.scheduled = undefined
        state.lastRound = performance.now()
        void (state.isUrgent ? this.rounds : this.patientRounds).pass(() => this.round(zoneId, state))
      },
      Math.max(this.times.gatherMs, rest),
    ).unref()
  }

  /** Never rejects. */
  private async round(zoneId: number, state: ZoneState): Promise<void> {
    const { catalog, owns } = this.context
    if (this.closed || this.zones.get(zoneId) !== state) return
    const zone = catalog.zoneById(zoneId)
    if (zone === undefined || !owns(zoneId)) return this.zoneGone(zoneId)
    const round = ++state.rounds
    try {
      state.settings = JSON.stringify(zone.transfers?.settings ?? null)
      const apex = this.mayTell(zone) ? await this.newestOf(zone) : undefined
      if (!this.counts(zoneId, state, round)) return
      state.counting = round
      if (apex === undefined) {
        clearTimeout(state.lookingAgain)
        return this.keepOnly(state, [])
      }
      state.apex = apex
      await this.tellAll(zone, state, round)
      state.failedRounds = 0
    } catch (error) {
      if (this.counts(zoneId, state, round)) this.roundFailed(zone, state, error)
    }
  }

  /**
   * Whether the zone is still told of here, and no later round has got as far as this one: a round that waited for long knows less. A
   * later one that still waits does not count, else one after the other could be in vain.
   */
  private counts(zoneId: number, state: ZoneState, round: number): boolean {
    return this.zones.get(zoneId) === state && round >= state.counting
  }

  /** The writers do not answer; the change is theirs, so they will. */
  private roundFailed(zone: CatalogZone, state: ZoneState, error: unknown): void {
    const { log } = this.context
    if (state.failedRounds < MOST_FAILED_ROUNDS) state.failedRounds++
    const about = { error, zone: zone.name }
    if (state.failedRounds === TELLING_ROUNDS)
      log.warn(about, 'nobody is notified yet: no writer says how the zone is; trying on')
    else log.debug(about, 'no writer says how the zone is')
    this.schedule(zone.id, state.isUrgent)
  }

  private async newestOf(zone: CatalogZone): Promise<ZoneApex> {
    const held = this.context.cache.held(zone.id)
    return held === undefined ? await this.context.askForApex(zone) : apexOf(held)
  }

  private async tellAll(zone: CatalogZone, state: ZoneState, round: number): Promise<void> {
    const named = zone.transfers?.targets ?? []
    const isOpen = this.modeOf(zone) === 'yes'
    const isUrgent = state.isUrgent
    state.isUrgent = false
    // the others may have to be looked for
    this.tell(zone, state, named, isUrgent)
    const apex = isOpen ? state.apex : undefined
    const servers = await nameServerTargets(apex, named, state.hosts, this.context)
    // a state that is let go would tell on for ever, for nobody closes it any more
    if (!this.counts(zone.id, state, round)) return
    state.hosts = servers.hosts
    this.lookAgain(zone, state, servers.unknown, isUrgent)
    if (servers.here.length + servers.elsewhere.length === 0) return this.keepOnly(state, named)
    // names and the DNS may take their time, for which the rounds of other zones do not wait
    void this.tellNameServers(zone, state, round, servers, isUrgent)
  }

  /** Tells those that are not told as servers that the zone names. Never rejects. */
  private async tellNameServers(
    zone: CatalogZone,
    state: ZoneState,
    round: number,
    servers: NameServers,
    isUrgent: boolean,
  ): Promise<void> {
    const named = zone.transfers?.targets ?? []
    const asked = targetsElsewhere(servers.elsewhere, this.context)
    const places = await placesOf(named, state.apex!, this.context)
    for (const { text, port } of named) {
      // where it was found last, should its zone be out of reach
      const host = state.secondaries.get(text)?.status.address
      if (host !== undefined) places.push({ host, port })
    }
    if (!this.counts(zone.id, state, round)) return
    const here = besides(places, servers.here)
    this.tell(zone, state, here, isUrgent)
    const elsewhere = besides(places, await asked)
    if (!this.counts(zone.id, state, round)) return
    this.tell(zone, state, elsewhere, isUrgent)
    this.keepOnly(state, [...named, ...here, ...elsewhere])
  }

  /** Where hosts are whose zones cannot be had now is not known: they are looked for until it is, for which nobody else waits. */
  private lookAgain(zone: CatalogZone, state: ZoneState, hosts: readonly Name[], isUrgent: boolean): void {
    clearTimeout(state.lookingAgain)
    if (hosts.length === 0) {
      state.unsureRounds = 0
      return
    }
    if (state.unsureRounds < MOST_FAILED_ROUNDS) state.unsureRounds++
    const about = { zone: zone.name, hosts }
    if (state.unsureRounds === TELLING_ROUNDS)
      this.context.log.warn(about, 'NS hosts may not be notified: their own zone cannot be had; trying on')
    state.lookingAgain = setTimeout(
      () => this.schedule(zone.id, isUrgent),
      this.times.periodMs * 2 ** state.unsureRounds,
    ).unref()
  }

  private tell(
    zone: CatalogZone,
    state: ZoneState,
    targets: readonly NotifyTarget[],
    isUrgent: boolean,
  ): void {
    for (const target of targets) {
      const secondary = state.secondaries.get(target.text) ?? this.newSecondary(zone.id, state, target)
      state.secondaries.set(target.text, secondary)
      secondary.tell(state.apex!.serial, isUrgent)
    }
  }

  private keepOnly(state: ZoneState, targets: readonly NotifyTarget[]): void {
    const wanted = new Set(targets.map(({ text }) => text))
    for (const [text, secondary] of state.secondaries) {
      if (wanted.has(text)) continue
      secondary.close()
      state.secondaries.delete(text)
      if (state.apex !== undefined) this.delivery.forget(state.apex.apex, secondary)
    }
  }

  private newSecondary(zoneId: number, state: ZoneState, target: NotifyTarget): Secondary {
    const { timeoutMs } = this.times.retry ?? RETRY_TIMES
    const newest = (): ZoneApex => {
      const held = this.context.cache.held(zoneId)
      return held === undefined ? state.apex! : apexOf(held)
    }
    const secondary: Secondary = new Secondary(
      target,
      () => this.delivery.attempt(newest, secondary, timeoutMs),
      this.times.retry,
    )
    return secondary
  }

  /** Whether anybody may have to be told of this zone's changes. */
  private mayTell(zone: CatalogZone): boolean {
    const mode = this.modeOf(zone)
    return mode === 'yes' || (mode === 'explicit' && (zone.transfers?.targets.length ?? 0) > 0)
  }

  private modeOf({ transfers }: CatalogZone): NotifyMode {
    const wanted = MODES.indexOf(transfers?.mode ?? 'yes')
    return MODES[Math.min(wanted, MODES.indexOf(this.context.mostMode))]!
  }
}

const MODES: readonly NotifyMode[] = ['no', 'explicit', 'yes']
