import { sql } from 'kysely'
import type { EventKind } from '../../../shared/events/zone-event.ts'
import type { OwnerRange } from '../history/owner-key.ts'
import type { Db } from './admin-zones.ts'
import { within } from './history-states.ts'

/** First and last event of a zone's history, with serials and times in ms. */
export interface HistoryRange {
  readonly first: EventPlace
  readonly last: EventPlace
}

export interface EventPlace {
  readonly seq: number
  readonly serial: number
  readonly at: number
}

interface PlaceRow {
  seq: number
  serial_after: number
  decided_at: Date
}

const PLACE = ['seq', 'serial_after', 'decided_at'] as const

/** Undefined for a zone without events. */
export async function historyRange(db: Db, zoneId: number): Promise<HistoryRange | undefined> {
  const events = db.selectFrom('zone_event').select(PLACE).where('zone_id', '=', zoneId).limit(1)
  const first = await events.orderBy('seq').executeTakeFirst()
  const last = await events.orderBy('seq', 'desc').executeTakeFirst()
  return first === undefined || last === undefined
    ? undefined
    : { first: placeOf(first), last: placeOf(last) }
}

/** The event with that number, or the first one after it where there is none. */
export async function placeFrom(db: Db, zoneId: number, seq: number): Promise<EventPlace | undefined> {
  const row = await db
    .selectFrom('zone_event')
    .select(PLACE)
    .where('zone_id', '=', zoneId)
    .where('seq', '>=', seq)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  return row && placeOf(row)
}

/** Events after which the zone had this serial by a change, newest first; `limit` bounds them. */
export async function changesTo(
  db: Db,
  zoneId: number,
  serial: number,
  upTo: number,
  limit: number,
): Promise<EventPlace[]> {
  const rows = await db
    .selectFrom('zone_event')
    .select(PLACE)
    .where('zone_id', '=', zoneId)
    .where('serial_after', '=', serial)
    .where(sql<boolean>`octet_length(diff) > 0`)
    .where('seq', '<=', upTo)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
  return rows.map(placeOf)
}

/** Of the events in (after, upTo], the newest that was not decided after `at`. */
export async function newestDecidedBy(
  db: Db,
  zoneId: number,
  { after, upTo }: { after: number; upTo: number },
  at: number,
): Promise<EventPlace | undefined> {
  const row = await db
    .selectFrom('zone_event')
    .select(PLACE)
    .where('zone_id', '=', zoneId)
    .where('seq', '>', after)
    .where('seq', '<=', upTo)
    .where('decided_at', '<', new Date(at + 1))
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && placeOf(row)
}

/** The diff of one event, or only that it is larger than `most` octets. */
export async function diffAt(
  db: Db,
  zoneId: number,
  seq: number,
  most: number,
): Promise<Buffer | 'large' | undefined> {
  const { rows } = await sql<{ diff: Buffer | null }>`
    select case when octet_length(diff) <= ${most} then diff end as diff
    from zone_event where zone_id = ${zoneId} and seq = ${seq}`.execute(db)
  return rows[0] === undefined ? undefined : (rows[0].diff ?? 'large')
}

/** What indexing looks at, of the events after `after`: at least one where there is any, else as many as fit into `octets`. */
export async function eventsToIndex(
  db: Db,
  zoneId: number,
  after: number,
  { most, octets }: { most: number; octets: number },
): Promise<{ seq: number; rcode: number; message: Buffer; diff: Buffer }[]> {
  const { rows } = await sql<{ seq: number; rcode: number; message: Buffer; diff: Buffer }>`
    select e.seq, e.rcode, e.message, e.diff
    from (
      select seq, sum(octet_length(message) + octet_length(diff)) over (order by seq) as octets,
             row_number() over (order by seq) as place
      from (
        select seq, message, diff from zone_event where zone_id = ${zoneId} and seq > ${after} order by seq limit ${most}
      ) near
    ) sized
    join zone_event e on e.zone_id = ${zoneId} and e.seq = sized.seq
    where sized.octets <= ${octets} or sized.place = 1
    order by e.seq`.execute(db)
  return rows
}

function placeOf({ seq, serial_after, decided_at }: PlaceRow): EventPlace {
  return { seq, serial: serial_after, at: decided_at.getTime() }
}

/** Which events are looked for. */
export interface InTheWay {
  /** Numbers after `after`, up to `upTo`. */
  readonly after: number
  readonly upTo: number
  /** Only of these kinds. */
  readonly kinds?: readonly EventKind[]
  /** Only those that changed or confirmed an RRset here; the index must have reached `upTo`. */
  readonly range?: OwnerRange
}

/** The first event that changed contents in the way asked for, and who made it. */
export async function firstChange(
  db: Db,
  zoneId: number,
  { after, upTo, kinds, range }: InTheWay,
): Promise<{ seq: number; kind: string; by: string; at: number } | undefined> {
  const { rows } = await sql<{ seq: number; kind: string; by: string; at: Date }>`
    select seq, kind, identity as by, decided_at as at
    from zone_event e
    where zone_id = ${zoneId} and seq > ${after} and seq <= ${upTo} and octet_length(diff) > 0
      and ${kinds === undefined ? sql`true` : sql`kind = any(${kinds}::text[])`}
      and ${range === undefined ? sql`true` : sql`exists (select from rrset_state s where s.zone_id = e.zone_id and s.seq = e.seq and ${within(range)})`}
    order by seq limit 1`.execute(db)
  return rows[0] && { ...rows[0], at: rows[0].at.getTime() }
}
