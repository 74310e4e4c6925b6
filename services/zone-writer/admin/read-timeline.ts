import { type Point, resolvePoint } from '../history/resolve.ts'
import type { Db, ZoneSummary } from '../store/admin-zones.ts'
import { historyRange } from '../store/history-events.ts'
import { type CountedEvents, countByTime } from '../store/timeline.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneInHistory } from './names.ts'

export interface Timeline {
  readonly zone: string
  /** ISO 8601. */
  readonly from: string
  readonly to: string
  /** Parts of equal length that the time is divided into. */
  readonly buckets: number
  /** Numbers of the first and the last event that were counted. */
  readonly first: number
  readonly last: number
  /** Whether there are older events in that time which were not counted. */
  readonly cut: boolean
  /** Empty ones are left out. */
  readonly counts: readonly CountedEvents[]
}

/** Counting reads a row an event. */
const MOST_EVENTS = 50_000

/** How many events a zone had when, from `since` to `until` (ms; left out: from its first event, and to now). */
export async function zoneTimeline(
  db: Db,
  name: string,
  wanted: { readonly since?: number; readonly until?: number; readonly buckets: number },
  now: number,
): Promise<Outcome<Timeline>> {
  const zone = await zoneInHistory(db, name)
  if (!zone.ok) return zone
  const range = await historyRange(db, zone.value.id)
  if (range === undefined) return failure('outside-history', `Zone ${zone.value.name} has no history yet.`)
  const from = Math.max(wanted.since ?? range.first.at, range.first.at)
  const to = Math.max(Math.min(wanted.until ?? now, now), from + wanted.buckets)
  const before = from === range.first.at ? undefined : await eventAt(db, zone.value, from - 1, now)
  if (before !== undefined && !before.ok) return before
  const end = await eventAt(db, zone.value, to, now)
  if (!end.ok) return end
  const first = before === undefined ? range.first.seq : before.value.seq + 1
  const last = end.value.seq
  const least = Math.max(first, last - MOST_EVENTS + 1)
  const time = { from, to, buckets: wanted.buckets }
  return done({
    zone: zone.value.name,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    buckets: wanted.buckets,
    first: least,
    last,
    cut: least > first,
    counts: await countByTime(db, zone.value.id, { least, most: last }, time),
  })
}

async function eventAt(db: Db, zone: ZoneSummary, at: number, now: number): Promise<Outcome<Point>> {
  return await resolvePoint(db, zone, { kind: 'time', at }, now)
}
