import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { done, failure, type Outcome } from '../admin/failure.ts'
import type { Db, ZoneSummary } from '../store/admin-zones.ts'
import { type ColumnFilter, eventsIn } from '../store/history-search.ts'
import { eventsNaming } from '../store/history-states.ts'
import { reachIndex } from './catch-up.ts'
import { type RecordFilter, speaksOf } from './event-filter.ts'
import { keysBelow, type OwnerRange, ownerKey } from './owner-key.ts'

/** Which events somebody wants to see. */
export interface EventFilter extends ColumnFilter, RecordFilter {
  readonly name?: Name
  /** With `name`: also what is below it. */
  readonly below?: boolean
  readonly fromAddress?: (address: string) => boolean
  /** Numbers of events, both included. */
  readonly least?: number
  readonly most?: number
}

/** `before` or `after` is where the last page ended; `newestFirst` decides which of them is looked at. */
export interface PageWanted {
  readonly newestFirst: boolean
  readonly limit: number
  readonly before?: number
  readonly after?: number
}

export interface FoundEvents {
  readonly events: readonly ZoneEvent[]
  /** Where to go on; undefined when there is no more. */
  readonly next: number | undefined
}

/** Numbers that are looked at in one statement, and in one request: what matches little comes in short pages, or empty ones. */
const WINDOW = 10_000
const WINDOWS = 20

/**
 * The next events that match. A search that looks at every event goes on where it stopped by `next`, so that none takes long, and needs
 * no index that every update would have to keep.
 */
export async function searchEvents(
  db: Db,
  zone: ZoneSummary,
  filter: EventFilter,
  wanted: PageWanted,
): Promise<Outcome<FoundEvents>> {
  const range = await rangeOf(db, zone, filter)
  if (!range.ok) return range
  const bounds = { least: Math.max(1, filter.least ?? 1), most: Math.min(zone.seq, filter.most ?? zone.seq) }
  let at = wanted.newestFirst
    ? Math.min(bounds.most, (wanted.before ?? Number.POSITIVE_INFINITY) - 1)
    : Math.max(bounds.least, (wanted.after ?? 0) + 1)
  const events: ZoneEvent[] = []
  for (let windows = 0; windows < WINDOWS && at >= bounds.least && at <= bounds.most; windows++) {
    const lacking = wanted.limit - events.length
    const step =
      range.value === undefined
        ? await scan(db, zone, filter, bounds, at, lacking, wanted)
        : await named(db, zone, filter, range.value, bounds, at, lacking, wanted)
    events.push(...step.events)
    at = step.at
    if (events.length >= wanted.limit) break
  }
  const isOver = at < bounds.least || at > bounds.most
  return done({ events, next: isOver ? undefined : wanted.newestFirst ? at + 1 : at - 1 })
}

interface Step {
  readonly events: readonly ZoneEvent[]
  /** The next number to be looked at. */
  readonly at: number
}

interface Bounds {
  readonly least: number
  readonly most: number
}

async function scan(
  db: Db,
  { id }: ZoneSummary,
  filter: EventFilter,
  bounds: Bounds,
  at: number,
  limit: number,
  { newestFirst }: PageWanted,
): Promise<Step> {
  const window = newestFirst
    ? { least: Math.max(bounds.least, at - WINDOW + 1), most: at }
    : { least: at, most: Math.min(bounds.most, at + WINDOW - 1) }
  const found = await eventsIn(db, id, filter, { ...window, newestFirst, limit })
  const reached = found.length < limit ? undefined : found.at(-1)!.seq
  const events = found.filter((event) => passes(event, filter))
  if (newestFirst) return { events, at: (reached ?? window.least) - 1 }
  return { events, at: (reached ?? window.most) + 1 }
}

const NAMED_AT_ONCE = 500

async function named(
  db: Db,
  { id }: ZoneSummary,
  filter: EventFilter,
  range: OwnerRange,
  bounds: Bounds,
  at: number,
  limit: number,
  { newestFirst }: PageWanted,
): Promise<Step> {
  const window = newestFirst ? { least: bounds.least, most: at } : { least: at, most: bounds.most }
  const numbers = await eventsNaming(db, id, range, {
    after: window.least - 1,
    before: window.most + 1,
    limit: NAMED_AT_ONCE,
    newestFirst,
  })
  const found = await eventsIn(db, id, filter, { ...window, newestFirst, limit, among: numbers })
  const last =
    found.length === limit
      ? found.at(-1)!.seq
      : numbers.length === NAMED_AT_ONCE
        ? numbers.at(-1)!
        : undefined
  const events = found.filter((event) => passes(event, filter))
  if (last === undefined) return { events, at: newestFirst ? bounds.least - 1 : bounds.most + 1 }
  return { events, at: newestFirst ? last - 1 : last + 1 }
}

function passes(event: ZoneEvent, filter: EventFilter): boolean {
  if (filter.fromAddress !== undefined && !filter.fromAddress(event.source.address)) return false
  return speaksOf(event, filter)
}

/** Names that are looked for in the index; undefined where any name will do. */
async function rangeOf(
  db: Db,
  zone: ZoneSummary,
  { name, below }: EventFilter,
): Promise<Outcome<OwnerRange | undefined>> {
  if (name === undefined) return done(undefined)
  const key = ownerKey(name, zone.name)
  if (key === undefined) return failure('bad-name', `${name} is not in the zone ${zone.name}.`)
  const reached = await reachIndex(db, zone.id, zone.name, zone.seq)
  if (!reached.ok) return reached
  if (below) return done(keysBelow(key))
  // right behind a key comes the key of its first child
  return done({ least: key, beyond: Buffer.concat([key, Buffer.of(0)]) })
}
