import { setTimeout as delay } from 'node:timers/promises'
import type { Name } from '../../../shared/dns/name.ts'
import { decodeEvent, HASH_LENGTH } from '../../../shared/events/event-codec.ts'
import type { Logger } from '../../../shared/log.ts'
import type { ZoneHead, ZoneStep } from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from './cached-zone.ts'
import { EarlyEvents } from './early-events.ts'
import type { Gate } from './gate.ts'
import type { CacheCounters, CacheLimits } from './limits.ts'
import { Waiters } from './waiters.ts'
import { NotServed, type ZoneClient } from './zone-client.ts'

export interface FollowingDeps {
  readonly client: ZoneClient
  readonly snapshots: Gate
  readonly limits: CacheLimits
  readonly counters: CacheCounters
  readonly log: Logger
}

/**
 * One zone as this edge follows it: nothing is held until somebody asks; then a snapshot is fetched, and each event moves it
 * on. What is held is served unless it is older than what was promised to a client (P4).
 */
export class FollowedZone {
  readonly id: number
  private readonly deps: FollowingDeps
  private apex: Name | undefined
  private held: CachedZone | undefined
  /** An update with this number was answered NOERROR here: nothing older may be served. */
  private promised = 0
  /** The highest number known to exist. A fetch that does not bring it is not done. */
  private target = 0
  private readonly early: EarlyEvents
  private readonly waiters = new Waiters()
  private fetching: Promise<void> | undefined
  private again = false
  /** After failures the writers are left alone until then. */
  private retryAt = 0
  private closed = false

  constructor(id: number, deps: FollowingDeps) {
    this.id = id
    this.deps = deps
    this.early = new EarlyEvents(deps.limits.earlyEvents, deps.limits.earlyOctets)
  }

  /** What may be served now. */
  get servable(): CachedZone | undefined {
    return this.held !== undefined && this.held.seq >= this.promised ? this.held : undefined
  }

  get isHeld(): boolean {
    return this.held !== undefined
  }

  get isPromised(): boolean {
    return this.promised > 0
  }

  get isBehind(): boolean {
    return this.held !== undefined && this.held.seq < this.target
  }

  /** Fetches the zone, or what it lacks. Undefined when that fails or takes too long. */
  async fetched(apex: Name): Promise<CachedZone | undefined> {
    this.apex = apex
    this.fetch()
    if (this.fetching !== undefined && this.waiters.size < this.deps.limits.waiting)
      await this.waiters.until(() => this.servable !== undefined, this.deps.limits.queryWaitMs)
    if (this.servable === undefined) this.deps.counters.unavailable++
    return this.servable
  }

  /**
   * P4: once this resolves nothing older than event `seq` is served. Waits until it has been reached, but not for ever: queries
   * then wait for it instead. A zone that nobody asked for is not fetched for it.
   */
  async reach(seq: number): Promise<void> {
    if (this.held !== undefined && this.held.seq < seq) {
      const { nudgeMs, reachMs } = this.deps.limits
      const reached = () => this.held !== undefined && this.held.seq >= seq
      this.target = Math.max(this.target, seq)
      if (!(await this.waiters.until(reached, nudgeMs, true))) {
        this.fetch()
        if (!(await this.waiters.until(reached, reachMs - nudgeMs, true))) this.deps.counters.reachTimeouts++
      }
    }
    this.promised = Math.max(this.promised, seq)
    this.target = Math.max(this.target, seq)
  }

  /** An event of this zone; `payload` is as encoded by shared/events, and looked into only when it is wanted. */
  event(seq: number, payload: Uint8Array): void {
    if (this.held === undefined && this.fetching === undefined) return
    if (this.held !== undefined && seq <= this.held.seq) {
      const hash = payload.subarray(payload.length - HASH_LENGTH)
      if (seq === this.held.seq) this.compareHash(hash)
      return
    }
    this.target = Math.max(this.target, seq)
    if (seq === (this.held?.seq ?? Number.NaN) + 1) this.apply(payload)
    else this.early.keep(seq, payload)
    this.applyEarly()
    if (this.isBehind) this.fetch()
  }

  /** An event exists that was too large to be sent. */
  announced(seq: number): void {
    if (this.held === undefined && this.fetching === undefined) return
    this.target = Math.max(this.target, seq)
    if (this.isBehind) this.fetch()
  }

  /** Where the zone stands at the writers; undefined when it does not exist there any more. */
  confirm(head: ZoneHead | undefined): void {
    if (this.held === undefined) return
    if (head === undefined) this.drop()
    else if (head.seq === this.held.seq) this.compareHash(head.hash)
    else if (head.seq > this.held.seq) this.target = Math.max(this.target, head.seq)
    if (this.isBehind) this.fetch()
  }

  /** Ends the pause after failures. */
  retryNow(): void {
    this.retryAt = 0
  }

  /** Forgets the contents but not what was promised. */
  drop(): void {
    this.held = undefined
    this.again = false
    this.early.clear()
    this.waiters.sendAway()
  }

  close(): void {
    this.closed = true
    this.drop()
  }

  /** Brings the zone to `target` in the background, unless that has just failed. */
  private fetch(): void {
    // one that is under way may have had its last look at the target already
    this.again = this.fetching !== undefined
    if (this.closed || this.again || performance.now() < this.retryAt) return
    this.fetching = this.tryToFetch().finally(() => {
      this.fetching = undefined
      if (this.again) this.fetch()
    })
  }

  private async tryToFetch(): Promise<void> {
    const { attempts, retryMs } = this.deps.limits
    for (let attempt = 1; attempt <= attempts && !this.closed; attempt++) {
      // another writer may answer the next time
      if (attempt > 1) await delay(20 * attempt ** 2 * (0.5 + Math.random()))
      try {
        await this.catchUp()
        return
      } catch (error) {
        this.deps.counters.failedFetches++
        this.deps.log.warn({ error, zone: this.apex, attempt }, 'zone could not be fetched')
        if (error instanceof NotServed && error.why === 'unknown-zone') break
      }
    }
    this.retryAt = performance.now() + retryMs
    this.waiters.sendAway()
  }

  private async catchUp(): Promise<void> {
    while (!this.closed && (this.held === undefined || this.isBehind)) {
      if (this.held === undefined || !(await this.fetchSteps(this.held))) await this.fetchSnapshot()
      this.applyEarly()
    }
  }

  /** False when a snapshot is to be fetched instead. */
  private async fetchSteps(zone: CachedZone): Promise<boolean> {
    this.deps.counters.gapFetches++
    const before = zone.seq
    try {
      const { steps, newest } = await this.deps.client.steps(this.id, before)
      if (newest < this.target && steps.length === 0) throw new NotServed('behind')
      for (const step of steps) if (zone === this.held && step.seq > zone.seq) this.advance(zone, step)
      return zone !== this.held || zone.seq > before
    } catch (error) {
      if (!(error instanceof NotServed))
        this.countFault(error, 'events of a gap could not be used, a snapshot is fetched')
      else if (error.why !== 'prefer-snapshot') throw error
      return false
    }
  }

  private async fetchSnapshot(): Promise<void> {
    const atLeast = Math.max(this.target, this.held?.seq ?? 0)
    const zone = await this.deps.snapshots.pass(() => this.deps.client.snapshot(this.id, this.apex!, atLeast))
    this.deps.counters.snapshots++
    if (this.closed || zone.seq < (this.held?.seq ?? 0)) return
    this.held = zone
    this.waiters.progress()
  }

  private applyEarly(): void {
    while (this.held !== undefined) {
      const payload = this.early.take(this.held.seq + 1)
      if (payload === undefined) break
      this.apply(payload)
    }
    if (this.held !== undefined) this.early.forgetUpTo(this.held.seq)
  }

  private apply(payload: Uint8Array): void {
    try {
      this.advance(this.held!, decodeEvent(payload))
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
      this.waiters.progress()
    } catch (error) {
      this.fault(error)
    }
  }

  private compareHash(hash: Uint8Array): void {
    if (this.held === undefined || Buffer.compare(hash, this.held.head.hash) === 0) return
    this.fault(new Error(`event ${this.held.seq} has another hash at the writers`))
  }

  /** What is held cannot be trusted: it is dropped at once and fetched anew. */
  private fault(error: unknown): void {
    this.countFault(error, 'zone dropped: what came does not fit, it is fetched again')
    this.held = undefined
    this.early.clear()
    this.target = this.promised
    this.fetch()
  }

  private countFault(error: unknown, what: string): void {
    this.deps.counters.faults++
    this.deps.log.warn({ error, zone: this.apex }, what)
  }
}
