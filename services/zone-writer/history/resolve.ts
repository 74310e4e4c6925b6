import type { Name } from '../../../shared/dns/name.ts'
import { done, failure, type Outcome } from '../admin/failure.ts'
import type { Db, ZoneSummary } from '../store/admin-zones.ts'
import { firstEvent } from '../store/compaction.ts'
import {
  changesTo,
  type EventPlace,
  type HistoryRange,
  historyRange,
  newestDecidedBy,
  placeFrom,
} from '../store/history-events.ts'
import type { PointSpec } from './point.ts'

/** A moment of a zone's history: after event `seq`. */
export interface Point extends EventPlace {
  readonly zoneId: number
  readonly apex: Name
  /** What the reader should know of how it was found. */
  readonly note?: string
}

/** Of clocks of writers that differ; an event is looked for so far behind the place where its time belongs. */
const NEIGHBOURS = 1_000

/** The moment that is meant; a failure says which range exists. `now` is in ms since the epoch. */
export async function resolvePoint(
  db: Db,
  { id, name }: Pick<ZoneSummary, 'id' | 'name'>,
  spec: PointSpec,
  now: number,
): Promise<Outcome<Point>> {
  const range = await historyRange(db, id)
  if (range === undefined) return failure('outside-history', `Zone ${name} has no history yet.`)
  const found = await find(db, id, spec, range, now)
  if (found === undefined) {
    const older = await olderEvents(db, id)
    return failure(
      'outside-history',
      `Zone ${name} ${askedFor(spec, older !== '')}; ${rangeText(range)}.${older}`,
    )
  }
  return done({ ...found, zoneId: id, apex: name })
}

type Found = EventPlace & { readonly note?: string }

async function find(
  db: Db,
  id: number,
  spec: PointSpec,
  range: HistoryRange,
  now: number,
): Promise<Found | undefined> {
  const { first, last } = range
  switch (spec.kind) {
    case 'now':
      return last
    case 'seq':
      return spec.seq < first.seq || spec.seq > last.seq ? undefined : await placeFrom(db, id, spec.seq)
    case 'serial':
      return await findSerial(db, id, spec.serial, range)
    case 'time':
      // a little ahead, for the clock of whoever asks
      return spec.at < first.at || spec.at > now + 60_000 ? undefined : await findTime(db, id, spec.at, range)
  }
}

async function findSerial(
  db: Db,
  id: number,
  serial: number,
  { last }: HistoryRange,
): Promise<Found | undefined> {
  const [newest, earlier] = await changesTo(db, id, serial, last.seq, 2)
  if (newest === undefined) return undefined
  if (earlier === undefined) return newest
  const note = `the zone had serial ${serial} more than once; this is the newest, event #${newest.seq}, the one before it was #${earlier.seq}`
  return { ...newest, note }
}

/** The newest event that was not decided after `at`: numbers and times grow together, but for what clocks differ. */
async function findTime(
  db: Db,
  id: number,
  at: number,
  { first, last }: HistoryRange,
): Promise<EventPlace | undefined> {
  let [known, beyond] = [first.seq, last.seq + 1]
  while (beyond - known > 1) {
    const middle = Math.floor((known + beyond) / 2)
    const place = await placeFrom(db, id, middle)
    if (place !== undefined && place.at <= at && place.seq < beyond) known = place.seq
    else beyond = middle
  }
  const near = { after: known - NEIGHBOURS, upTo: known + NEIGHBOURS }
  return await newestDecidedBy(db, id, near, at)
}

/** Where the events are that a compaction replaced: a sentence behind a space, or nothing. */
export async function olderEvents(db: Db, id: number): Promise<string> {
  const first = await firstEvent(db, id)
  return first?.kind === 'snapshot' ? ` Older ones were replaced by a snapshot: ${first.detail}.` : ''
}

function askedFor(spec: PointSpec, isCompacted: boolean): string {
  switch (spec.kind) {
    case 'serial':
      return isCompacted
        ? `did not have serial ${spec.serial} in the history that is kept`
        : `never had serial ${spec.serial}`
    case 'seq':
      return `has no event #${spec.seq}`
    case 'time':
      return `has no history at ${new Date(spec.at).toISOString()}`
    case 'now':
      return 'has no history'
  }
}

function rangeText({ first, last }: HistoryRange): string {
  const text = ({ seq, serial, at }: EventPlace) =>
    `event #${seq}, serial ${serial}, ${new Date(at).toISOString()}`
  return `its history goes from ${text(first)} to ${text(last)}`
}
