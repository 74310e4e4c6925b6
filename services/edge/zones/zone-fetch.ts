import { setTimeout as delay } from 'node:timers/promises'
import type { Name } from '../../../shared/dns/name.ts'
import type { Logger } from '../../../shared/log.ts'
import type { ZoneStep } from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from './cached-zone.ts'
import type { CacheCounters, CacheLimits } from './limits.ts'
import { ZoneTooLarge } from './memory-budget.ts'
import { Oversize } from './oversize.ts'
import type { SnapshotLanes } from './snapshot-lanes.ts'
import { busyPauseMs, isBusy, NotServed, type ZoneClient } from './zone-client.ts'

/** Octets of diffs that are applied before queries get their turn, and what a step costs beside its diff in the same measure. */
const WORK_AT_ONCE = 32 * 1024
const STEP_WORK = 200

export interface FetchDeps {
  readonly client: ZoneClient
  readonly lanes: SnapshotLanes
  readonly limits: CacheLimits
  readonly counters: CacheCounters
  readonly log: Logger
  /** Ms of a clock that only goes forward. */
  readonly now: () => number
}

/** What is fetched for: a zone that takes what comes. */
export interface Fetchable {
  readonly id: number
  readonly apex: Name | undefined
  readonly current: CachedZone | undefined
  /** Something has to be fetched. */
  readonly isLacking: boolean
  /** The newest event known to exist. */
  readonly target: number
  /** What a snapshot that is being fetched takes so far; may throw {@link ZoneTooLarge}. */
  loading(octets: number): void
  takeSnapshot(zone: CachedZone): void
  takeStep(zone: CachedZone, step: ZoneStep): void
  /** All steps of one reply were taken. */
  caughtUp(): void
  /** The writers have nothing newer. */
  confirmed(): void
  /** Something was brought: what came by itself meanwhile may follow. */
  applyEarly(): void
  countFault(error: unknown, what: string): void
  /** It does not fit into the memory that this edge may use. */
  refuse(error: ZoneTooLarge): void
  /** It cannot be had for now. */
  givenUp(): void
}

/** Fetches what one zone lacks from the writers, in the background: the events of a gap, or a snapshot. */
export class ZoneFetch {
  private readonly zone: Fetchable
  private readonly deps: FetchDeps
  private readonly lane = { isLarge: false }
  private readonly oversize = new Oversize()
  private running: Promise<void> | undefined
  private again = false
  /** After failures the writers are left alone until then. */
  private retryAt = 0
  private closed = false

  constructor(zone: Fetchable, deps: FetchDeps) {
    this.zone = zone
    this.deps = deps
  }

  get isRunning(): boolean {
    return this.running !== undefined
  }

  /** Resolves once the fetch that is under way, if any, has ended; never rejects. */
  get ended(): Promise<void> | undefined {
    return this.running
  }

  /** Brings the zone to its target, unless that has just failed. False when that is not begun now. */
  start(): boolean {
    // one that is under way may have had its last look at the target already
    this.again = this.isRunning
    if (this.closed || this.again || this.deps.now() < this.retryAt) return false
    this.running = this.tryToFetch().finally(() => {
      this.running = undefined
      if (this.again) this.start()
    })
    return true
  }

  /** What is under way is not followed by another. */
  notAgain(): void {
    this.again = false
  }

  /** The zone does not fit into memory: it is left alone for a while, each time for longer. */
  pauseTooLarge(): void {
    this.pause(this.oversize.nextPauseMs(this.deps.limits.tooLargeMs))
  }

  /** Leaves the writers alone for so long. */
  private pause(ms: number): void {
    this.retryAt = this.deps.now() + ms
  }

  /** Ends the pause after failures. */
  retryNow(): void {
    this.retryAt = 0
  }

  close(): void {
    this.closed = true
  }

  private async tryToFetch(): Promise<void> {
    const { attempts, retryMs } = this.deps.limits
    let busy = 0
    for (let attempt = 1; attempt <= attempts && !this.closed; attempt++) {
      // another writer may answer the next time
      if (attempt > 1) await delay(20 * attempt ** 2 * (0.5 + Math.random()))
      try {
        await this.catchUp()
        return
      } catch (error) {
        if (isBusy(error)) {
          // no failure: they send other zones, and will send this one
          attempt--
          this.deps.counters.busyWriters++
          await delay(busyPauseMs(++busy))
          continue
        }
        this.deps.counters.failedFetches++
        if (error instanceof ZoneTooLarge) return this.zone.refuse(error)
        if (!(error instanceof NotServed)) this.deps.counters.faults++
        this.deps.log.warn({ error, zone: this.zone.apex, attempt }, 'zone could not be fetched')
        if (error instanceof NotServed && error.why === 'unknown-zone') break
      }
    }
    this.pause(retryMs)
    this.zone.givenUp()
  }

  private async catchUp(): Promise<void> {
    const { zone } = this
    while (!this.closed && zone.isLacking) {
      if (zone.current === undefined || !(await this.fetchSteps(zone.current))) await this.fetchSnapshot()
      zone.applyEarly()
    }
  }

  /** False when a snapshot is to be fetched instead. */
  private async fetchSteps(held: CachedZone): Promise<boolean> {
    const { zone } = this
    this.deps.counters.gapFetches++
    const before = held.seq
    try {
      const { steps, newest } = await this.deps.client.steps(zone.id, before)
      if (newest < zone.target && steps.length === 0) throw new NotServed('behind')
      await this.takeSteps(held, steps)
      if (held === zone.current && held.seq > before) zone.caughtUp()
      if (held === zone.current && held.seq >= newest) zone.confirmed()
      return held !== zone.current || held.seq > before || held.seq >= newest
    } catch (error) {
      if (!(error instanceof NotServed))
        zone.countFault(error, 'events of a gap could not be used, a snapshot is fetched')
      else if (error.why !== 'prefer-snapshot') throw error
      return false
    }
  }

  private async takeSteps(held: CachedZone, steps: readonly ZoneStep[]): Promise<void> {
    let work = 0
    for (const step of steps) {
      // events that come by themselves are taken meanwhile
      if (held !== this.zone.current || step.seq <= held.seq) continue
      this.zone.takeStep(held, step)
      work += STEP_WORK + step.diff.length
      if (work < WORK_AT_ONCE) continue
      work = 0
      await new Promise(setImmediate)
    }
  }

  private async fetchSnapshot(): Promise<void> {
    const { zone } = this
    const { client, lanes, counters } = this.deps
    const atLeast = Math.max(zone.target, zone.current?.seq ?? 0)
    let parts = 0
    await this.oversize.check((most) => lanes.pass(this.lane, () => client.weigh(zone.id, atLeast, most)))
    try {
      const fetched = await lanes.pass(this.lane, (mayGoOn) =>
        client.snapshot(zone.id, zone.apex!, atLeast, (progress) => {
          mayGoOn(progress)
          parts = progress.parts
          zone.loading(progress.octets)
        }),
      )
      counters.snapshots++
      if (this.closed || fetched.seq < (zone.current?.seq ?? 0)) return
      zone.takeSnapshot(fetched)
      this.oversize.clear()
    } catch (error) {
      if (error instanceof ZoneTooLarge) this.oversize.note(error, parts)
      throw error
    } finally {
      zone.loading(0)
    }
  }
}
