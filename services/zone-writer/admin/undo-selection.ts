import { parseEventId } from '../../../shared/event-id.ts'
import { speaksOf } from '../history/event-filter.ts'
import { olderEvents } from '../history/resolve.ts'
import { type EventFilter, searchChanges } from '../history/search.ts'
import type { Db, ZoneSummary } from '../store/admin-zones.ts'
import { firstEvent } from '../store/compaction.ts'
import { placeOfCommand } from '../store/events.ts'
import { type ChangePlace, changesNumbered } from '../store/history-search.ts'
import { changesAmong } from '../store/undone-events.ts'
import { done, failure, type Outcome } from './failure.ts'
import { readCanonicalName } from './names.ts'

/** Which events are to be undone: those named, or those that match. */
export type UndoSelection =
  | { readonly kind: 'named'; readonly events: readonly string[] }
  | { readonly kind: 'matching'; readonly filter: EventFilter }

const PAGE = 5_000
const MOST_HELD_OCTETS = 8 << 20
/** Kinds that a zone's contents begin with: there is nothing before them to go back to. */
const BEGINNINGS: readonly string[] = ['create', 'snapshot']
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Numbers of the events, each once and in order, up to `most` where they are not named; they have changed the zone. */
export async function selectEvents(
  db: Db,
  zone: ZoneSummary,
  selection: UndoSelection,
  most: number,
): Promise<Outcome<readonly number[]>> {
  if (selection.kind === 'named') return await selectNamed(db, zone, selection.events)
  const filter = { ...selection.filter, most }
  const found: number[] = []
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await searchChanges(db, zone, filter, { newestFirst: false, limit: PAGE, after }, BEGINNINGS)
    if (!page.ok) return page
    for await (const seq of speaking(db, zone, page.value.events, filter)) found.push(seq)
    after = page.value.next
  }
  return done(found)
}

/** Those that speak of the type that is asked for, if any: only then are events loaded, few enough to be held. */
async function* speaking(
  db: Db,
  zone: ZoneSummary,
  places: readonly ChangePlace[],
  filter: EventFilter,
): AsyncGenerator<number> {
  const isLookedInto = filter.type !== undefined || filter.value !== undefined
  if (!isLookedInto) yield* places.map(({ seq }) => seq)
  else
    for (const some of inGroups(places))
      for (const event of await changesNumbered(db, zone.id, some))
        if (speaksOf(event, filter)) yield event.seq
}

/** Numbers of events that are together no larger than may be held, at least one each. */
export function* inGroups(places: readonly ChangePlace[]): Generator<number[]> {
  let [group, held]: [number[], number] = [[], 0]
  for (const { seq, octets } of places) {
    if (group.length > 0 && held + octets > MOST_HELD_OCTETS) {
      yield group
      ;[group, held] = [[], 0]
    }
    group.push(seq)
    held += octets
  }
  if (group.length > 0) yield group
}

async function selectNamed(
  db: Db,
  zone: ZoneSummary,
  events: readonly string[],
): Promise<Outcome<readonly number[]>> {
  const seqs: number[] = []
  for (const text of events) {
    const seq = await numberOf(db, zone, text)
    if (!seq.ok) return seq
    seqs.push(seq.value)
  }
  const found = new Map((await changesAmong(db, zone.id, seqs)).map((event) => [event.seq, event]))
  for (const seq of seqs) {
    const event = found.get(seq)
    if (event === undefined) return await notThere(db, zone, seq)
    if (event.kind === 'create')
      return failure(
        'bad-filter',
        `Event #${seq} created the zone; \`zonelog zone delete ${zone.name}\` takes that back.`,
      )
    if (event.kind === 'snapshot')
      return failure(
        'bad-filter',
        `Event #${seq} is a snapshot, which stands for older events that are no longer kept here.`,
      )
    if (!event.changed)
      return failure('bad-filter', `Event #${seq} changed nothing, so there is nothing to undo of it.`)
  }
  return done([...new Set(seqs)].toSorted((a, b) => a - b))
}

async function notThere(db: Db, { id, name, seq: last }: ZoneSummary, seq: number): Promise<Outcome<never>> {
  const first = (await firstEvent(db, id))?.seq ?? 1
  const older = seq < first ? await olderEvents(db, id) : ''
  return failure(
    'event-not-found',
    `Zone ${name} has no event #${seq}; its events are ${first} to ${last}.${older}`,
  )
}

/** `12`, `#12`, `example.com#12`, or an eventId. */
async function numberOf(db: Db, zone: ZoneSummary, text: string): Promise<Outcome<number>> {
  const plain = /^#?([1-9]\d{0,14})$/.exec(text)
  if (plain !== null) return done(Number(plain[1]))
  const id = parseEventId(text)
  if (id !== undefined) {
    const name = readCanonicalName(id.zone, 'zone')
    if (!name.ok) return name
    return name.value === zone.name ? done(id.seq) : elsewhere(text, zone)
  }
  if (!UUID.test(text))
    return failure('bad-filter', `'${text}' is no event: expected #12, ${zone.name}#12 or an eventId.`)
  const place = await placeOfCommand(db, text)
  if (place === undefined) return failure('event-not-found', `There is no event ${text}.`)
  return place.zone === zone.name ? done(place.seq) : elsewhere(text, zone)
}

function elsewhere(text: string, { name }: ZoneSummary): Outcome<never> {
  return failure('bad-filter', `Event ${text} is not one of the zone ${name}`)
}
