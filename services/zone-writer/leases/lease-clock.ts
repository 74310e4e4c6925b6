import { setTimeout as delay } from 'node:timers/promises'
import type { AdminContext } from '../admin/context.ts'
import { type Db, inTransaction } from '../store/admin-zones.ts'
import { countAllLeases, lookForLeases, seeOpen, zonesWithDueLeases } from '../store/lease-watch.ts'
import { type EndedLeases, endLeasesOf } from './end-leases.ts'
import { Failures } from './failures.ts'
import { isContinuous, type Moment } from './moment.ts'

/** A value is gone about so long after its lease is over. */
const PERIOD_MS = 1_000
const SEEN_EVERY_MS = 5_000
const COUNTED_EVERY_MS = 15_000

export interface LeaseClockContext {
  readonly admin: Pick<AdminContext, 'db' | 'log' | 'publisher' | 'writerId' | 'now'>
  readonly partitionCount: number
  /** The partitions whose zones this writer looks after. */
  readonly held: () => readonly number[]
  /** Whether clients can refresh now, as far as this writer can tell. */
  readonly isOpen: () => Promise<boolean>
}

/** Ends the leases of the zones that this writer looks after. Without any lease anywhere it looks into one empty index a second. */
export class LeaseClock {
  private readonly context: LeaseClockContext
  private readonly db: Db
  private stopped = false
  private seenAt = Number.NEGATIVE_INFINITY
  private countedAt = Number.NEGATIVE_INFINITY
  private counts = { running: 0, held: 0 }
  private removed = 0
  private readonly looks = new Failures<'look'>()
  private readonly zones = new Failures<number>()
  private readonly wake = new AbortController()
  private readonly finished: Promise<void>

  constructor(context: LeaseClockContext) {
    this.context = context
    this.db = context.admin.db
    this.finished = this.run()
  }

  /** Leased values of this writer's zones: those whose lease runs, and those that somebody holds. */
  get leases(): { readonly running: number; readonly held: number } {
    return this.counts
  }

  /** Values that this writer has removed. */
  get expired(): number {
    return this.removed
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.wake.abort()
    await this.finished
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await delay(PERIOD_MS, undefined, { signal: this.wake.signal }).catch(() => {})
      if (this.stopped) return
      try {
        await this.look()
        this.looks.forget('look')
      } catch (error) {
        this.tell(this.looks.add('look'), { error }, 'leases not looked after; trying again')
      }
    }
  }

  private async look(): Promise<void> {
    const { held, partitionCount, isOpen } = this.context
    const partitions = held()
    const began = this.moment()
    const now = began.wall
    const { any, due } = await lookForLeases(this.db, { partitions, partitionCount, now })
    if (any || this.counts.running + this.counts.held > 0) await this.count(partitions)
    if (partitions.length === 0 || !any) return
    if (!due && performance.now() - this.seenAt < SEEN_EVERY_MS) return
    if (!(await isOpen())) return
    const since = await seeOpen(this.db, partitions, now)
    this.seenAt = performance.now()
    if (!due) return
    const zoneIds = await zonesWithDueLeases(this.db, { partitionCount, now, since })
    this.zones.keepOnly(zoneIds)
    for (const zoneId of zoneIds) {
      // what was seen open may not be so any more: another look tells
      if (this.stopped || !isContinuous(began, this.moment())) return
      // one zone that is held for long keeps no other waiting
      await this.end(zoneId, since.get(zoneId % partitionCount)!, began).then(
        () => this.zones.forget(zoneId),
        (error) =>
          this.tell(
            this.zones.add(zoneId),
            { error, zone: zoneId },
            'leases of a zone not ended; trying again',
          ),
      )
    }
  }

  /** Those that were over when the look began: `since` says nothing of what came later. */
  private async end(zoneId: number, since: number, began: Moment): Promise<void> {
    const { admin } = this.context
    let ended: EndedLeases | undefined
    while (!this.stopped && ended?.mayBeMore !== false && isContinuous(began, this.moment())) {
      ended = await inTransaction(this.db, (trx) =>
        endLeasesOf(trx, admin, zoneId, { now: began.wall, since }),
      )
      const { event, values } = ended
      if (event === undefined) continue
      this.removed += values
      admin.log.info({ zone: zoneId, event: event.seq, values }, 'leases ended')
      // what is not published now, a sweep publishes later
      await admin.publisher.publish([event])
    }
  }

  private moment(): Moment {
    return { wall: this.context.admin.now(), steady: performance.now() }
  }

  private tell(
    { inARow, isLoud }: ReturnType<Failures<never>['add']>,
    what: Record<string, unknown>,
    sentence: string,
  ): void {
    this.context.admin.log[isLoud ? 'warn' : 'debug']({ ...what, inARow }, sentence)
  }

  private async count(partitions: readonly number[]): Promise<void> {
    if (performance.now() - this.countedAt < COUNTED_EVERY_MS) return
    this.countedAt = performance.now()
    const { partitionCount } = this.context
    this.counts = await countAllLeases(this.db, { partitions, partitionCount })
  }
}
