import { sql } from 'kysely'
import type { Db, DbTransaction } from './admin-zones.ts'
import { lockProgress } from './history-progress.ts'
import type { CountedEvents } from './timeline.ts'

/** The lengths of time that events are counted for, in seconds. */
export const COUNT_UNITS = [60, 3_600] as const
export type CountUnit = (typeof COUNT_UNITS)[number]

/** The units that events are counted for, each event in one of either length. */
const UNITS = sql`(values ${sql.join(COUNT_UNITS.map((seconds) => sql`(${sql.lit(seconds)})`))}) as units (seconds)`
const UNIT_START = sql`to_timestamp(floor(extract(epoch from decided_at) / seconds) * seconds)`
const COUNTS = sql`
  count(*) filter (where rcode = 0 and octets > 0), count(*) filter (where rcode = 0 and octets = 0), count(*) filter (where rcode <> 0)`

/** Of how many of a zone's events the counts are. */
export interface CountedRange {
  /** The first of them, and the last; 0 where none is counted yet. */
  readonly from: number
  readonly to: number
}

/** Counts the next events of a zone, `most` of them at most; answers how many those were. Safe to run anywhere at once. */
export async function countNext(trx: DbTransaction, zoneId: number, most: number): Promise<number> {
  const counted = await settleCounts(trx, zoneId)
  if (counted === undefined) return 0
  const { rows } = await sql<{ events: number; last: number | null }>`
    with next as (
      select seq, decided_at, rcode, octet_length(diff) as octets
      from zone_event where zone_id = ${zoneId} and seq > ${counted.to} order by seq limit ${most}
    ), added as (
      insert into event_count (zone_id, seconds, starts_at, applied, unchanged, refused)
      select ${zoneId}::bigint, seconds, ${UNIT_START}, ${COUNTS} from next cross join ${UNITS} group by 2, 3
      on conflict (zone_id, seconds, starts_at) do update set
        applied = event_count.applied + excluded.applied,
        unchanged = event_count.unchanged + excluded.unchanged,
        refused = event_count.refused + excluded.refused
    )
    select count(*) as events, max(seq) as last from next`.execute(trx)
  const { events, last } = rows[0]!
  await saveCounted(trx, zoneId, { from: counted.from, to: last ?? counted.to })
  return events
}

/**
 * Has the counts hold what is counted of the events that there are now: those before may have been compacted, or all of it derived anew,
 * also by a writer that knows nothing of counts. Undefined for a zone without events.
 */
export async function settleCounts(trx: DbTransaction, zoneId: number): Promise<CountedRange | undefined> {
  const { countedFrom, countedSeq } = await lockProgress(trx, zoneId)
  const first = await firstEventTime(trx, zoneId)
  if (first === undefined) return undefined
  if (countedSeq < first.seq) {
    await trx.deleteFrom('event_count').where('zone_id', '=', zoneId).execute()
    return { from: first.seq, to: first.seq - 1 }
  }
  if (countedFrom !== first.seq) {
    await recountFirstUnits(trx, zoneId, first, countedSeq)
    await saveCounted(trx, zoneId, { from: first.seq, to: countedSeq })
  }
  return { from: first.seq, to: countedSeq }
}

async function firstEventTime(
  db: Db,
  zoneId: number,
): Promise<{ readonly seq: number; readonly decided_at: Date } | undefined> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', 'decided_at'])
    .where('zone_id', '=', zoneId)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
}

/** Clocks of writers differ by less than this. */
const CLOCKS = sql.lit('1 minute')

/** The minute and the hour of the first event hold those after it only; what is older is gone. */
async function recountFirstUnits(
  trx: DbTransaction,
  zoneId: number,
  { seq, decided_at: at }: { readonly seq: number; readonly decided_at: Date },
  countedSeq: number,
): Promise<void> {
  await sql`delete from event_count where zone_id = ${zoneId} and starts_at <= ${at}`.execute(trx)
  // found in the order of numbers, so that no more than about an hour of events is read
  await sql`
    with beyond as (
      select coalesce((
        select seq from zone_event
        where zone_id = ${zoneId} and seq > ${seq} and decided_at >= ${at}::timestamptz + interval '1 hour' + interval ${CLOCKS}
        order by seq limit 1
      ), ${countedSeq}::bigint + 1) as seq
    ), near as (
      select decided_at, rcode, octet_length(diff) as octets from zone_event
      where zone_id = ${zoneId} and seq >= ${seq} and seq <= ${countedSeq} and seq < (select seq from beyond)
    )
    insert into event_count (zone_id, seconds, starts_at, applied, unchanged, refused)
    select ${zoneId}::bigint, seconds, ${UNIT_START}, ${COUNTS} from near cross join ${UNITS}
    where ${UNIT_START} <= ${at}
    group by 2, 3`.execute(trx)
}

async function saveCounted(trx: DbTransaction, zoneId: number, { from, to }: CountedRange): Promise<void> {
  await trx
    .updateTable('history_progress')
    .set({ counted_from: from, counted_seq: to })
    .where('zone_id', '=', zoneId)
    .execute()
}

/** Counted in `buckets` parts of `width` ms from `from` (ms) on, each some whole units long; empty ones are left out. */
export async function countsByTime(
  db: Db,
  zoneId: number,
  seconds: CountUnit,
  { from, width, buckets }: { readonly from: number; readonly width: number; readonly buckets: number },
): Promise<CountedEvents[]> {
  const { rows } = await sql<CountedEvents>`
    select floor((extract(epoch from starts_at) * 1000 - ${from}) / ${width})::int as bucket,
      sum(applied)::bigint as applied, sum(unchanged)::bigint as unchanged, sum(refused)::bigint as refused
    from event_count
    where zone_id = ${zoneId} and seconds = ${seconds}
      and starts_at >= ${new Date(from)} and starts_at < ${new Date(from + width * buckets)}
    group by 1 order by 1`.execute(db)
  return rows
}
