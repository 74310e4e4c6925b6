import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { resolvePoint } from '../history/resolve.ts'
import { type EventFilter, type Found, type PageWanted, searchEvents } from '../history/search.ts'
import type { Db, ZoneSummary } from '../store/admin-zones.ts'
import { firstEvent } from '../store/compaction.ts'
import { newestEvents } from '../store/events.ts'
import { type EventJson, eventJson } from './event-json.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneInHistory } from './names.ts'

export interface EventPage {
  readonly events: readonly EventJson[]
  /** What to pass as `before`, or `after` where the oldest come first, for the following page; undefined on the last one. */
  readonly next: number | undefined
}

/** Serials that bound the events wanted. */
export interface SerialBounds {
  readonly fromSerial?: number
  readonly toSerial?: number
}

// a page stays readable whatever the events did; a single event is shown whole
const MOST_LINES_IN_A_PAGE = 1_000

/** A page of the zone's events that match. It may be short, or empty, and yet not the last: `next` says so. */
export async function zoneEvents(
  db: Db,
  name: string,
  wanted: PageWanted,
  filter: EventFilter = {},
  serials: SerialBounds = {},
): Promise<Outcome<EventPage>> {
  const zone = await zoneInHistory(db, name)
  if (!zone.ok) return zone
  const bounded = await withSerials(db, zone.value, filter, serials)
  if (!bounded.ok) return bounded
  const found = await searchEvents(db, zone.value, bounded.value, wanted)
  return found.ok ? done(pageOf(zone.value, found.value)) : found
}

function pageOf({ name }: ZoneSummary, { events, next }: Found<ZoneEvent>): EventPage {
  return { events: events.map((event) => eventJson(event, name, MOST_LINES_IN_A_PAGE)), next }
}

async function withSerials(
  db: Db,
  zone: ZoneSummary,
  filter: EventFilter,
  { fromSerial, toSerial }: SerialBounds,
): Promise<Outcome<EventFilter>> {
  let bounded = filter
  for (const [bound, serial] of [
    ['least', fromSerial],
    ['most', toSerial],
  ] as const) {
    if (serial === undefined) continue
    const point = await resolvePoint(db, zone, { kind: 'serial', serial }, Date.now())
    if (!point.ok) return point
    bounded = { ...bounded, [bound]: point.value.seq }
  }
  return done(bounded)
}

/** One event with everything that it changed. */
export async function zoneEvent(db: Db, name: string, seq: number): Promise<Outcome<EventJson>> {
  const zone = await zoneInHistory(db, name)
  if (!zone.ok) return zone
  const [event] = await newestEvents(db, zone.value.id, 1, seq + 1)
  if (event?.seq === seq) return done(eventJson(event, zone.value.name))
  return failure(
    'event-not-found',
    `Zone ${zone.value.name} has no event ${seq}; its events are ${(await firstEvent(db, zone.value.id))?.seq ?? 1} to ${zone.value.seq}.`,
  )
}
