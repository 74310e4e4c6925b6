import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../../shared/log.ts'
import { type Db, findZoneById, inTransaction } from '../store/admin-zones.ts'
import { countNext } from '../store/event-counts.ts'
import { readProgress, zonesBehind } from '../store/history-progress.ts'
import { BackgroundRest } from './background/rest.ts'
import { indexNext, SHORT_STEPS, STEPS } from './catch-up.ts'

const PERIOD_MS = 1_000
/** From so many events on, or after so long, it gives way to updates no more than to anything else. */
const FAR_BEHIND = 5_000
const LONG_BEHIND_MS = 10_000
/** Events that are counted in one transaction, and for how long in one go. */
const COUNTED_AT_ONCE = 5_000
const COUNTING_MS = 2_000

export interface FollowerContext {
  readonly db: Db
  readonly log: Logger
  readonly partitionCount: number
  /** The partitions whose zones this writer looks after. */
  readonly held: () => readonly number[]
  /** Whether updates come: each step is in their way. */
  readonly isBusy: () => boolean
}

/**
 * Fills what is derived from events, behind the commits, so that no update waits for it. It works a quarter of the time at most, and less while updates need the processor:
 * readers that need more do the rest themselves.
 */
export class HistoryFollower {
  private readonly context: FollowerContext
  private readonly rest = new BackgroundRest(25)
  private readonly stopping = new AbortController()
  private readonly finished: Promise<void>
  private lastCounted = 0

  constructor(context: FollowerContext) {
    this.context = context
    this.finished = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.finished
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const { db, held, partitionCount } = this.context
        const behind = await zonesBehind(db, held(), partitionCount)
        for (const { id, toIndex } of behind) if (toIndex) await this.follow(id)
        await this.countSome(behind.map(({ id }) => id))
      } catch (error) {
        this.context.log.debug({ error }, 'indexing of history failed; trying again')
      }
      await this.pause(PERIOD_MS)
    }
  }

  private async follow(zoneId: number): Promise<void> {
    const { db, isBusy } = this.context
    const zone = await findZoneById(db, zoneId)
    if (zone === undefined) return
    let { seq } = await readProgress(db, zoneId)
    const since = performance.now()
    while (seq < zone.seq && !this.stopping.signal.aborted) {
      const began = performance.now()
      const isPressing = zone.seq - seq > FAR_BEHIND || began - since > LONG_BEHIND_MS
      const givesWay = isBusy() && !isPressing
      seq = await indexNext(db, zoneId, zone.name, givesWay ? SHORT_STEPS : STEPS)
      await this.pause(this.rest.after(performance.now() - began, givesWay))
    }
  }

  /** Counts events of these zones by minutes and hours for a while, and goes on another time: the index does not wait for a long past. */
  private async countSome(zoneIds: readonly number[]): Promise<void> {
    const { db, isBusy } = this.context
    const since = performance.now()
    // after the one that it stopped at, so that each has its turn
    const start = Math.max(
      zoneIds.findIndex((id) => id > this.lastCounted),
      0,
    )
    for (const zoneId of [...zoneIds.slice(start), ...zoneIds.slice(0, start)]) {
      this.lastCounted = zoneId
      for (let events = COUNTED_AT_ONCE; events === COUNTED_AT_ONCE; ) {
        if (this.stopping.signal.aborted || performance.now() - since > COUNTING_MS) return
        const began = performance.now()
        events = await inTransaction(db, (trx) => countNext(trx, zoneId, COUNTED_AT_ONCE))
        await this.pause(this.rest.after(performance.now() - began, isBusy()))
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => {})
  }
}
