import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { Logger } from '../../../shared/log.ts'
import { partitionOf } from '../../../shared/messaging/subjects.ts'
import { eventSizesAfter, eventsAfter } from '../store/events.ts'
import { markPublished, unpublishedZones } from '../store/zones.ts'
import type { Publisher } from './publisher.ts'

const PERIOD_MS = 1_000
/** A look reads the rows of all zones: after one that took long the next waits so many times as long. */
const REST = 50
const LONGEST_REST_MS = 10_000
const CHUNK = 500
/** An import may be larger than what this process should hold; it is announced without being loaded. */
const LARGE_OCTETS = 1 << 20

export interface SweepContext {
  readonly db: Kysely<Database>
  readonly publisher: Publisher
  readonly log: Logger
  readonly partitionCount: number
  /** The partitions whose zones this writer looks after. */
  readonly held: () => readonly number[]
}

/**
 * Records how far each zone's events have reached NATS, where no batch does that with its zone's row, and publishes again what a crash between commit and publish, or a
 * lost confirmation, left behind. A zone is published again only when two looks in a row found it at the same place.
 */
export class Sweep {
  private readonly context: SweepContext
  private stopped = false
  private lastSeen = new Map<number, number>()
  private eager = true
  private readonly finished: Promise<void>
  private wake = new AbortController()
  private recording: Promise<void> = Promise.resolve()

  constructor(context: SweepContext) {
    this.context = context
    this.finished = this.run()
  }

  /** Looks at once and without the second look: these partitions' last owner may have died before it published. */
  hurry(): void {
    this.eager = true
    this.wake.abort()
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.wake.abort()
    await this.finished
    await this.record().catch(() => {})
  }

  /** How far the events have reached NATS that were announced so far, once they are confirmed or given up. */
  async record(): Promise<void> {
    await this.context.publisher.drain()
    await this.recordConfirmed(0)
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      let restMs = PERIOD_MS
      try {
        await this.recordConfirmed(PERIOD_MS)
        restMs = await this.publishLeftovers()
      } catch (error) {
        this.context.log.debug({ error }, 'sweep of unpublished events failed; trying again')
      }
      this.wake = new AbortController()
      await delay(restMs, undefined, { signal: this.wake.signal }).catch(() => {})
    }
  }

  /**
   * What no batch has recorded with its zone's row for so long; of zones whose batches are another writer's, at once. One after another, for none is to be
   * recorded twice.
   */
  private recordConfirmed(mayWaitMs: number): Promise<void> {
    const { publisher, db, held, partitionCount } = this.context
    const turn = this.recording.then(async () => {
      const partitions = new Set(held())
      const ranges = publisher.confirmed.due((zoneId) =>
        partitions.has(partitionOf(zoneId, partitionCount)) ? mayWaitMs : 0,
      )
      if (ranges.length === 0) return
      const busy = await markPublished(db, ranges)
      publisher.confirmed.recorded(ranges.filter(({ zoneId }) => !busy.has(zoneId)))
    })
    this.recording = turn.catch(() => {})
    return turn
  }

  /** Gives how long the next look may wait, in ms. */
  private async publishLeftovers(): Promise<number> {
    const { db, held, partitionCount } = this.context
    const eager = this.eager
    this.eager = false
    try {
      const from = performance.now()
      const behind = await unpublishedZones(db, held(), partitionCount)
      const tookMs = performance.now() - from
      const seen = new Map(behind.map(({ id, publishedSeq }) => [id, publishedSeq]))
      for (const { id, publishedSeq } of behind)
        if ((eager || this.lastSeen.get(id) === publishedSeq) && !this.isConfirmedBehind(id, publishedSeq))
          await this.publishFrom(id, publishedSeq)
      this.lastSeen = seen
      // partitions that have come meanwhile were not looked at
      return this.eager ? 0 : Math.min(Math.max(PERIOD_MS, REST * tookMs), LONGEST_REST_MS)
    } catch (error) {
      this.eager ||= eager
      throw error
    }
  }

  /** What comes next is in the stream, and is recorded with the next batch or look. */
  private isConfirmedBehind(zoneId: number, publishedSeq: number): boolean {
    const range = this.context.publisher.confirmed.of(zoneId)
    return range !== undefined && range.from <= publishedSeq + 1
  }

  private async publishFrom(zoneId: number, publishedSeq: number): Promise<void> {
    const { db, publisher, log } = this.context
    const sizes = await eventSizesAfter(db, zoneId, publishedSeq, CHUNK)
    if (sizes.length === 0) return
    log.info({ zone: zoneId, from: sizes[0]!.seq, to: sizes.at(-1)!.seq }, 'publishing events again')
    for (const { from, count, isLarge } of runsOf(sizes))
      if (isLarge) await publisher.publishNotice({ zoneId, seq: from })
      else await publisher.publish(await eventsAfter(db, zoneId, from - 1, count))
    await this.recordConfirmed(0)
    // a busy zone must be caught up with in one go
    if (sizes.length === CHUNK && !this.stopped) await this.publishFrom(zoneId, sizes.at(-1)!.seq)
  }
}

/** Events that may be loaded together, in order; a large one stands alone. */
function runsOf(
  sizes: readonly { seq: number; octets: number }[],
): { from: number; count: number; isLarge: boolean }[] {
  const runs: { from: number; count: number; octets: number; isLarge: boolean }[] = []
  for (const { seq, octets } of sizes) {
    const last = runs.at(-1)
    if (last !== undefined && last.octets + octets <= LARGE_OCTETS) {
      last.count += 1
      last.octets += octets
    } else runs.push({ from: seq, count: 1, octets, isLarge: octets > LARGE_OCTETS })
  }
  return runs
}
