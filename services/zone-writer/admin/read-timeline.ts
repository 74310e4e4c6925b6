import { type Point, resolvePoint } from '../history/resolve.ts'
import { type Db, inSnapshot, type ZoneSummary } from '../store/admin-zones.ts'
import { type CountUnit, countsByTime } from '../store/event-counts.ts'
import { historyRange } from '../store/history-events.ts'
import { readProgress } from '../store/history-progress.ts'
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
  /** Numbers of the first and the last event of that time. */
  readonly first: number
  readonly last: number
  /** Whether there are events in that time which are not counted yet. */
  readonly cut: boolean
  /** Empty ones are left out. */
  readonly counts: readonly CountedEvents[]
}

/** So many are counted one by one; of more, those counts are added up that are kept of each minute and hour. */
const MOST_EVENTS = 50_000

interface Wanted {
  readonly since?: number
  readonly until?: number
  readonly buckets: number
}

/** Time in `buckets` parts of `width` ms from `from` (ms) on. */
interface Division {
  readonly from: number
  readonly width: number
  readonly buckets: number
}

/**
 * How many events a zone had when, from `since` to `until` (ms; left out: from its first event, and to now). Where there are many the parts are
 * whole minutes or hours, and so may begin a little earlier, end a little later and be fewer.
 */
export async function zoneTimeline(
  db: Db,
  name: string,
  wanted: Wanted,
  now: number,
  most = MOST_EVENTS,
): Promise<Outcome<Timeline>> {
  return await inSnapshot(db, async (trx) => {
    const zone = await zoneInHistory(trx, name)
    if (!zone.ok) return zone
    const { id, name: apex } = zone.value
    const range = await historyRange(trx, id)
    if (range === undefined) return failure('outside-history', `Zone ${apex} has no history yet.`)
    const from = Math.max(wanted.since ?? range.first.at, range.first.at)
    const to = Math.max(Math.min(wanted.until ?? now, now), from + wanted.buckets)
    const before = from === range.first.at ? undefined : await eventAt(trx, zone.value, from - 1, now)
    if (before !== undefined && !before.ok) return before
    const end = await eventAt(trx, zone.value, to, now)
    if (!end.ok) return end
    const first = before === undefined ? range.first.seq : before.value.seq + 1
    const numbers = { first, last: end.value.seq }
    const counted =
      numbers.last - first < most
        ? await countEach(trx, id, { from, to, buckets: wanted.buckets }, numbers)
        : await addUp(trx, id, { from, to, buckets: wanted.buckets }, { ...numbers, most })
    const { division, counts, cut } = counted
    return done({
      zone: apex,
      from: new Date(division.from).toISOString(),
      to: new Date(division.from + division.width * division.buckets).toISOString(),
      buckets: division.buckets,
      ...numbers,
      cut,
      counts,
    })
  })
}

interface Counted {
  readonly division: Division
  readonly counts: readonly CountedEvents[]
  readonly cut: boolean
}

interface Span {
  readonly from: number
  readonly to: number
  readonly buckets: number
}

async function countEach(
  db: Db,
  zoneId: number,
  span: Span,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<Counted> {
  const { from, to, buckets } = span
  const counts = await countByTime(db, zoneId, { least: first, most: last }, span)
  return { division: { from, width: (to - from) / buckets, buckets }, counts, cut: false }
}

/** What is counted already, and one by one the events that came since. */
async function addUp(
  db: Db,
  zoneId: number,
  span: Span,
  { first, last, most }: { readonly first: number; readonly last: number; readonly most: number },
): Promise<Counted> {
  const { unit, ...division } = divisionOf(span)
  const { countedSeq: countedTo } = await readProgress(db, zoneId)
  // rows may be left of what is to be counted anew
  const kept = countedTo === 0 ? [] : await countsByTime(db, zoneId, unit, division)
  const uncounted = Math.max(first, countedTo + 1)
  const least = Math.max(uncounted, last - most + 1)
  const { from, width, buckets } = division
  const time = { from, to: from + width * buckets, buckets }
  const since = least > last ? [] : await countByTime(db, zoneId, { least, most: last }, time)
  return { division, counts: sumOf([...kept, ...since]), cut: least > uncounted }
}

/** Parts of whole minutes, or where they are longer, of whole hours. */
export function divisionOf({ from, to, buckets }: Span): Division & { readonly unit: CountUnit } {
  const unit: CountUnit = to - from < buckets * 3_600_000 ? 60 : 3_600
  const step = unit * 1_000
  const start = Math.floor(from / step) * step
  const width = Math.ceil((to - start) / step / buckets) * step
  return { unit, from: start, width, buckets: Math.ceil((to - start) / width) }
}

function sumOf(counts: readonly CountedEvents[]): CountedEvents[] {
  const sums = new Map<number, CountedEvents>()
  for (const each of counts) {
    const { bucket } = each
    const sum = sums.get(bucket) ?? { bucket, applied: 0, unchanged: 0, refused: 0 }
    sums.set(bucket, {
      bucket,
      applied: sum.applied + each.applied,
      unchanged: sum.unchanged + each.unchanged,
      refused: sum.refused + each.refused,
    })
  }
  return [...sums.values()].toSorted((a, b) => a.bucket - b.bucket)
}

async function eventAt(db: Db, zone: ZoneSummary, at: number, now: number): Promise<Outcome<Point>> {
  return await resolvePoint(db, zone, { kind: 'time', at }, now)
}
