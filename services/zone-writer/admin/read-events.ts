import type { Db } from '../store/admin-zones.ts'
import { newestEvents } from '../store/events.ts'
import { type EventJson, eventJson } from './event-json.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'

export interface EventPage {
  readonly events: readonly EventJson[]
  /** What to pass as `before` for the following page; undefined on the last one. */
  readonly next: number | undefined
}

// a page stays readable whatever the events did; a single event is shown whole
const MOST_LINES_IN_A_PAGE = 1_000

/** A page of the zone's events with sequence numbers below `before`, newest first. */
export async function zoneEvents(
  db: Db,
  name: string,
  limit: number,
  before?: number,
): Promise<Outcome<EventPage>> {
  const zone = await zoneNamed(db, name)
  if (!zone.ok) return zone
  const events = await newestEvents(db, zone.value.id, limit, before)
  const oldest = events.at(-1)?.seq ?? 1
  return done({
    events: events.map((event) => eventJson(event, zone.value.name, MOST_LINES_IN_A_PAGE)),
    next: oldest > 1 ? oldest : undefined,
  })
}

/** One event with everything that it changed. */
export async function zoneEvent(db: Db, name: string, seq: number): Promise<Outcome<EventJson>> {
  const zone = await zoneNamed(db, name)
  if (!zone.ok) return zone
  const [event] = await newestEvents(db, zone.value.id, 1, seq + 1)
  if (event?.seq === seq) return done(eventJson(event, zone.value.name))
  return failure(
    'event-not-found',
    `Zone ${zone.value.name} has no event ${seq}; its events are 1 to ${zone.value.seq}.`,
  )
}
