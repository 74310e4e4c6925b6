import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { isConnectionFault } from '../../../shared/database/faults.ts'
import type { Database } from '../../../shared/database/schema.ts'
import type { Logger } from '../../../shared/log.ts'
import { partitionOf } from '../../../shared/messaging/subjects.ts'
import { eventSizesAfter, eventsAfter } from '../store/events.ts'
import {
  markPublished,
  type PublishedRange,
  type UnpublishedZone,
  unpublishedZones,
} from '../store/published.ts'
import type { Publisher } from './publisher.ts'

const PERIOD_MS = 1_000
/** A look reads the rows of all zones: where two in a row took long, the next waits so many times as long. */
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
 * lost confirmation, left behind: events that were there at the look before and are not confirmed by now.
 */
export class Sweep {
  private readonly context: SweepContext
  private stopped = false
  /** The newest event, at the last look, of each zone that was behind. */
  private lastSeen: ReadonlyMap<number, number> = new Map()
  /** Partitions that have come and were not looked at since. */
  private fresh = new Set<number>()
  private readonly complained = new Set<number>()
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
  hurry(partitions: readonly number[]): void {
    for (const partition of partitions) this.fresh.add(partition)
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
        if (this.fresh.size > 0) await this.lookAtFresh()
        if (performance.now() >= this.lookAt) await this.lookAtAll()
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

  private async lookAtFresh(): Promise<void> {
    const { db, held, partitionCount } = this.context
    const { fresh } = this
    this.fresh = new Set()
    try {
      const partitions = held().filter((partition) => fresh.has(partition))
      const behind = await unpublishedZones(db, partitions, partitionCount)
      await this.publishMissing(behind, ({ seq }) => seq)
    } catch (error) {
      for (const partition of fresh) this.fresh.add(partition)
      throw error
    }
  }

  private async lookAtAll(): Promise<void> {
    const { db, held, partitionCount } = this.context
    const from = performance.now()
    const behind = await unpublishedZones(db, held(), partitionCount)
    const tookMs = performance.now() - from
    this.lookAt = performance.now() + restMs(tookMs, this.lookTookMs)
    this.lookTookMs = tookMs
    const before = this.lastSeen
    this.lastSeen = new Map(behind.map(({ id, seq }) => [id, seq]))
    await this.publishMissing(behind, ({ id }) => before.get(id) ?? 0)
  }

  /** Of each zone, up to one of its events. */
  private async publishMissing(
    zones: readonly UnpublishedZone[],
    upTo: (zone: UnpublishedZone) => number,
  ): Promise<void> {
    const { confirmed } = this.context.publisher
    // all at once: what is confirmed may be recorded, and forgotten, while something is published
    const gaps = zones.flatMap((zone) => confirmed.missing(zone.id, zone.publishedSeq, upTo(zone)))
    for (const gap of gaps)
      await this.publishAgain(gap).catch((error) => {
        if (isConnectionFault(error)) throw error
        this.complain(gap, error)
      })
    const again = new Set(gaps.map(({ zoneId }) => zoneId))
    if (again.size > 0) await this.recordConfirmed((id) => (again.has(id) ? 0 : PERIOD_MS))
  }

  /** Once for each zone: the others go on, and this one is tried at each look. */
  private complain(gap: PublishedRange, error: unknown): void {
    const { log } = this.context
    const line = { error, zone: gap.zoneId, from: gap.from, to: gap.to }
    if (this.complained.has(gap.zoneId)) log.debug(line, 'events cannot be published again yet')
    else
      log.error(line, 'events cannot be published again: `zonelog verify` says whether they are as they were')
    this.complained.add(gap.zoneId)
  }

  private async publishAgain({ zoneId, from, to }: PublishedRange): Promise<void> {
    const { db, publisher, log } = this.context
    for (let next = from; next <= to && !this.stopped; ) {
      const sizes = await eventSizesAfter(db, zoneId, next - 1, Math.min(CHUNK, to - next + 1))
      const there = sizes.filter(({ seq }) => seq <= to)
      // where history has a hole, `zonelog verify` tells of it
      if (there.length === 0) return
      const last = there.at(-1)!.seq
      log.info({ zone: zoneId, from: next, to: last }, 'publishing events again')
      for (const run of runsOf(there))
        if (this.stopped) return
        else if (run.isLarge) await publisher.publishNotice({ zoneId, seq: run.from })
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
