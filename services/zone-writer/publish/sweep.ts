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
 * lost confirmation, left behind. An event is published again only when two looks in a row found that it is the first that is missing.
 */
export class Sweep {
  private readonly context: SweepContext
  private stopped = false
  private lastSeen: ReadonlyMap<number, number> = new Map()
  private eager = true
  private lookAt = 0
  private lookTookMs = 0
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
    await this.recordConfirmed(() => 0)
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      // what wakes this while it works is not to be slept over
      this.wake = new AbortController()
      try {
        await this.recordConfirmed(() => PERIOD_MS)
        if (this.eager || performance.now() >= this.lookAt) await this.look()
      } catch (error) {
        this.context.log.debug({ error }, 'sweep of unpublished events failed; trying again')
      }
      await delay(PERIOD_MS, undefined, { signal: this.wake.signal }).catch(() => {})
    }
  }

  /**
   * What no batch has recorded with its zone's row for so long; of zones whose batches are another writer's, at once. One after another, for none is to be
   * recorded twice.
   */
  private recordConfirmed(mayWaitMs: (zoneId: number) => number): Promise<void> {
    const { held, partitionCount } = this.context
    const turn = this.recording.then(async () => {
      const partitions = new Set(held())
      await this.recordDue((zoneId) =>
        partitions.has(partitionOf(zoneId, partitionCount)) ? mayWaitMs(zoneId) : 0,
      )
    })
    this.recording = turn.catch(() => {})
    return turn
  }

  private async recordDue(mayWaitMs: (zoneId: number) => number): Promise<void> {
    const { confirmed } = this.context.publisher
    const ranges = confirmed.due(mayWaitMs)
    if (ranges.length === 0) return
    const places = await markPublished(this.context.db, ranges)
    for (const { zoneId, to } of ranges) {
      // something holds the others, such as a batch, which records it itself
      if (!places.has(zoneId)) continue
      const place = places.get(zoneId)
      // the zone is gone, or what was confirmed is of a history that Postgres has lost
      if (place === undefined || place.seq < to) confirmed.forget(zoneId)
      else confirmed.reached(zoneId, place.published)
    }
  }

  /** For zones of which events are missing in the stream. */
  private async look(): Promise<void> {
    const { db, held, partitionCount, publisher } = this.context
    const eager = this.eager
    this.eager = false
    try {
      const from = performance.now()
      const behind = await unpublishedZones(db, held(), partitionCount)
      this.rest(performance.now() - from)
      const lacking = behind.flatMap(({ id, publishedSeq, seq }) => {
        const first = publisher.confirmed.missingAfter(id, publishedSeq).from
        return first > seq ? [] : [{ id, first, seq }]
      })
      const again = new Set<number>()
      for (const { id, first, seq } of lacking) {
        if (!eager && this.lastSeen.get(id) !== first) continue
        again.add(id)
        await this.publishMissing(id, first, seq)
      }
      this.lastSeen = new Map(lacking.map(({ id, first }) => [id, first]))
      if (again.size > 0) await this.recordConfirmed((id) => (again.has(id) ? 0 : PERIOD_MS))
    } catch (error) {
      this.eager ||= eager
      throw error
    }
  }

  private rest(tookMs: number): void {
    this.lookAt = performance.now() + restMs(tookMs, this.lookTookMs)
    this.lookTookMs = tookMs
  }

  private async publishMissing(zoneId: number, first: number, newest: number): Promise<void> {
    const { db, publisher, log } = this.context
    for (let next = first; !this.stopped; ) {
      const { from, to } = publisher.confirmed.missingAfter(zoneId, next - 1)
      const count = Math.min(CHUNK, Math.min(to, newest) - from + 1)
      if (count < 1) return
      const sizes = await eventSizesAfter(db, zoneId, from - 1, count)
      if (sizes.length === 0) return
      const last = sizes.at(-1)!.seq
      log.info({ zone: zoneId, from: sizes[0]!.seq, to: last }, 'publishing events again')
      for (const run of runsOf(sizes))
        if (run.isLarge) await publisher.publishNotice({ zoneId, seq: run.from })
        else await publisher.publish(await eventsAfter(db, zoneId, run.from - 1, run.count))
      next = last + 1
    }
  }
}

/**
 * How long the next look may wait, in ms, after one that took so long and one before it. That a single look takes long is no sign of many zones: it waited for
 * Postgres, and then there may be much to publish.
 */
export function restMs(tookMs: number, tookBeforeMs: number): number {
  return Math.min(REST * Math.min(tookMs, tookBeforeMs), LONGEST_REST_MS)
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
