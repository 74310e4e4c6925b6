import type { Name } from '../../../shared/dns/name.ts'
import { HASH_LENGTH } from '../../../shared/events/event-codec.ts'
import type { ZoneHead, ZoneStep } from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from './cached-zone.ts'
import { EarlyEvents } from './early-events.ts'
import { readEventStep } from './event-step.ts'
import { type Evictable, type MemoryBudget, ZoneTooLarge } from './memory-budget.ts'
import { Standing } from './standing.ts'
import { Waiters } from './waiters.ts'
import { type Fetchable, type FetchDeps, ZoneFetch } from './zone-fetch.ts'

export interface FollowingDeps extends FetchDeps {
  readonly budget: MemoryBudget
  /** Told how long after it was decided an event was applied, in ms. */
  readonly onApplied: (ms: number) => void
  /** Told when a zone came to another serial by what was fetched, not by an event that came by itself. */
  readonly onCaughtUp: (zoneId: number) => void
}

/**
 * One zone as this edge follows it: nothing is held until somebody asks; then a snapshot is fetched, and each event moves it
 * on. What is held is served unless it is older than what was promised to a client (P4).
 */
export class FollowedZone implements Evictable, Fetchable {
  readonly id: number
  private readonly deps: FollowingDeps
  apex: Name | undefined
  private held: CachedZone | undefined
  /** An update with this number was answered NOERROR here: nothing older may be served. */
  private promised = 0
  private readonly standing: Standing
  /** Answers that are held back until an event has been reached. */
  private reaching = 0
  private loadingOctets = 0
  private tooLarge = false
  private wasExpired = false
  /** Since when the catalog has not had it, in ms. */
  goneSince: number | undefined
  lastUsed = 0
  private readonly early: EarlyEvents
  private readonly waiters = new Waiters()
  private readonly fetching: ZoneFetch
  private closed = false

  constructor(id: number, deps: FollowingDeps) {
    this.id = id
    this.deps = deps
    this.early = new EarlyEvents(deps.limits.earlyEvents, deps.limits.earlyOctets)
    this.standing = new Standing(deps.now)
    this.fetching = new ZoneFetch(this, deps)
  }

  /** What may be served now. */
  get servable(): CachedZone | undefined {
    const { held } = this
    return held !== undefined && held.seq >= this.promised && !this.isExpired ? held : undefined
  }

  /** Held, but nobody has confirmed it for as long as its SOA lets it be served. */
  get isExpired(): boolean {
    if (this.held === undefined) return false
    return this.standing.unconfirmedMs > Math.max(this.held.expireMs, this.deps.limits.leastExpireMs)
  }

  get isHeld(): boolean {
    return this.held !== undefined
  }

  get isPromised(): boolean {
    return this.promised > 0
  }

  get isBehind(): boolean {
    return this.standing.isBehind
  }

  /** It was larger than the memory budget when it was last fetched. */
  get isTooLarge(): boolean {
    return this.tooLarge
  }

  /** How current it is. */
  get lag(): Pick<Standing, 'lagEvents' | 'lagMs' | 'unconfirmedMs'> {
    return this.standing
  }

  get mayGo(): boolean {
    // one that is being fetched would come back at once
    return this.held !== undefined && !this.held.isPinned && !this.isWanted
  }

  /** Somebody waits for it, or it is being fetched. */
  get isWanted(): boolean {
    return this.reaching > 0 || this.waiters.size > 0 || this.fetching.isRunning
  }

  /** Nothing of it needs to be remembered. */
  get isIdle(): boolean {
    return this.held === undefined && !this.isWanted && !this.isPromised && !this.tooLarge
  }

  /** Fetches the zone, or what it lacks. Undefined when that fails or takes too long. */
  async fetched(apex: Name): Promise<CachedZone | undefined> {
    this.apex = apex
    this.fetch()
    this.noteExpiry()
    if (this.fetching.isRunning && this.waiters.size < this.deps.limits.waiting)
      await this.waiters.until(() => this.servable !== undefined, this.deps.limits.queryWaitMs)
    if (this.servable === undefined) this.deps.counters.unavailable++
    return this.servable
  }

  /** Fetches the zone before anybody has asked for it. Never rejects. */
  async prefetched(apex: Name): Promise<void> {
    this.apex = apex
    this.fetch()
    await this.fetching.ended
  }

  /**
   * P4: once this resolves nothing older than event `seq` is served; undefined where that is so at once. Waits until it has been reached,
   * but not for ever: queries then wait for it instead. A zone that nobody asked for is not fetched for it.
   */
  reach(seq: number): Promise<void> | undefined {
    if (this.held !== undefined && this.held.seq < seq) return this.reachLater(seq)
    this.promise(seq)
    return undefined
  }

  private async reachLater(seq: number): Promise<void> {
    const { nudgeMs, reachMs } = this.deps.limits
    const reached = () => this.held !== undefined && this.held.seq >= seq
    this.reaching++
    this.standing.aim(seq)
    if (!(await this.waiters.until(reached, nudgeMs, true))) {
      this.fetch()
      if (!(await this.waiters.until(reached, reachMs - nudgeMs, true))) this.deps.counters.reachTimeouts++
    }
    this.promise(seq)
    this.reaching--
  }

  private promise(seq: number): void {
    this.promised = Math.max(this.promised, seq)
    this.standing.aim(seq)
  }

  /** An event with that number has come, and will be given to {@link event} in its turn. */
  arrived(seq: number): void {
    if (this.held !== undefined) this.standing.arrive(seq)
  }

  /** An event of this zone; `payload` is as encoded by shared/events, and looked into only when it is wanted. */
  event(seq: number, payload: Uint8Array): void {
    if (this.held === undefined && !this.fetching.isRunning) return
    if (this.held !== undefined && seq <= this.held.seq) {
      const hash = payload.subarray(payload.length - HASH_LENGTH)
      if (seq === this.held.seq) this.compareHash(hash)
      return
    }
    this.standing.aim(seq)
    if (seq === (this.held?.seq ?? Number.NaN) + 1) this.apply(payload)
    else this.early.keep(seq, payload)
    this.applyEarly()
    if (this.isBehind) this.fetch()
  }

  /** An event exists that was too large to be sent. */
  announced(seq: number): void {
    if (this.held === undefined && !this.fetching.isRunning) return
    this.standing.aim(seq)
    if (this.isBehind) this.fetch()
  }

  /** Where the zone stands at the writers; undefined when it does not exist there any more. */
  confirm(head: ZoneHead | undefined): void {
    if (this.held === undefined) return
    if (head === undefined) this.drop()
    else if (head.seq > this.held.seq) this.standing.aim(head.seq)
    else if (head.seq < this.held.seq || this.compareHash(head.hash)) this.confirmed()
    this.noteExpiry()
    if (this.isBehind) this.fetch()
    // what readers kept may be gone
    if (this.held !== undefined) this.account(this.loadingOctets)
  }

  /** Ends the pause after failures. */
  retryNow(): void {
    this.fetching.retryNow()
  }

  /** Forgets the contents but not what was promised. */
  drop(): void {
    this.letGo()
    this.fetching.notAgain()
    this.early.clear()
    this.waiters.sendAway()
  }

  /** Gives its memory back; it is fetched again when it is asked for. */
  evict(): void {
    this.drop()
  }

  /** What is held was found to be wrong. */
  distrust(why: string): void {
    if (this.held !== undefined) this.fault(new Error(why))
  }

  close(): void {
    this.closed = true
    this.fetching.close()
    this.drop()
  }

  get current(): CachedZone | undefined {
    return this.held
  }

  get target(): number {
    return this.standing.target
  }

  get isLacking(): boolean {
    return this.held === undefined || this.isBehind || this.isExpired
  }

  loading(octets: number): void {
    this.account(octets)
  }

  takeSnapshot(zone: CachedZone): void {
    const isNews = this.held !== undefined && this.held.serial !== zone.serial
    this.held?.discard()
    this.held = zone
    this.tooLarge = false
    if (isNews) this.deps.onCaughtUp(this.id)
    this.standing.holds(zone.seq)
    this.waiters.progress()
  }

  takeStep(zone: CachedZone, step: ZoneStep): void {
    this.deps.onApplied(this.standing.lagMs)
    this.advance(zone, step)
  }

  caughtUp(): void {
    this.deps.onCaughtUp(this.id)
  }

  confirmed(): void {
    this.standing.confirmed()
    this.waiters.progress()
  }

  givenUp(): void {
    this.waiters.sendAway()
  }

  /** It can never fit into the memory that this edge may use, so it is not to be fetched over and over. */
  refuse(error: ZoneTooLarge): void {
    this.drop()
    this.tooLarge = true
    this.fetching.pauseTooLarge()
    this.deps.counters.tooLarge++
    this.deps.log.error({ zone: this.apex }, `zone is not served: it ${error.message}`)
  }

  countFault(error: unknown, what: string): void {
    this.deps.counters.faults++
    this.deps.log.warn({ error, zone: this.apex }, what)
  }

  private fetch(): void {
    this.fetching.start()
  }

  applyEarly(): void {
    while (this.held !== undefined) {
      const payload = this.early.take(this.held.seq + 1)
      if (payload === undefined) break
      this.apply(payload)
    }
    if (this.held !== undefined) this.early.forgetUpTo(this.held.seq)
  }

  private apply(payload: Uint8Array): void {
    try {
      const event = readEventStep(payload)
      // clocks of two machines may differ
      this.deps.onApplied(Math.max(0, Date.now() - event.decidedAt))
      this.advance(this.held!, event)
    } catch (error) {
      this.fault(error)
    }
  }

  private advance(zone: CachedZone, step: ZoneStep): void {
    if (step.kind === 'delete') {
      this.drop()
      return
    }
    try {
      zone.advance(step)
      this.deps.counters.eventsApplied++
      this.standing.holds(zone.seq)
      this.account(this.loadingOctets)
      this.waiters.progress()
    } catch (error) {
      if (error instanceof ZoneTooLarge) this.refuse(error)
      else this.fault(error)
    }
  }

  /** Tells the budget what the zone takes; a snapshot that is being fetched counts beside what is held. */
  private account(loadingOctets: number): void {
    this.loadingOctets = loadingOctets
    if (this.closed) return
    const { octets = 0, readingOctets = 0 } = this.held ?? {}
    this.deps.budget.use(this.id, octets, loadingOctets, readingOctets)
  }

  private letGo(): void {
    this.held?.discard()
    this.held = undefined
    this.standing.dropped()
    this.deps.budget.use(this.id, 0, this.loadingOctets)
  }

  private noteExpiry(): void {
    if (this.isExpired && !this.wasExpired) {
      this.deps.counters.expired++
      this.deps.log.error(
        { zone: this.apex, unconfirmedSeconds: Math.round(this.standing.unconfirmedMs / 1_000) },
        'zone is not served any more: no writer has confirmed it for as long as its SOA lets it be served (EXPIRE)',
      )
    }
    this.wasExpired = this.isExpired
  }

  private compareHash(hash: Uint8Array): boolean {
    if (this.held === undefined || Buffer.compare(hash, this.held.head.hash) === 0) return true
    this.fault(new Error(`event ${this.held.seq} has another hash at the writers`))
    return false
  }

  /** What is held cannot be trusted: it is dropped at once and fetched anew. */
  private fault(error: unknown): void {
    this.countFault(error, 'zone dropped: what came does not fit, it is fetched again')
    this.letGo()
    this.early.clear()
    this.standing.aimAnew(this.promised)
    this.fetch()
  }
}
