import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../../shared/log.ts'
import { type Db, findZoneById } from '../store/admin-zones.ts'
import { readProgress, zonesToIndex } from '../store/history-progress.ts'
import { BackgroundRest } from './background/rest.ts'
import { indexNext, SHORT_STEPS, STEPS } from './catch-up.ts'

const PERIOD_MS = 1_000
/** From so many events on, or after so long, it gives way to updates no more than to anything else. */
const FAR_BEHIND = 5_000
const LONG_BEHIND_MS = 10_000

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
        for (const zoneId of await zonesToIndex(db, held(), partitionCount)) await this.follow(zoneId)
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

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => {})
  }
}
