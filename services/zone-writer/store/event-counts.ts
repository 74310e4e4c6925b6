import { sql } from 'kysely'
import { Rcode } from '../../../shared/dns/codes.ts'
import type { Db, DbTransaction } from './admin-zones.ts'
import type { CountedEvents } from './timeline.ts'

/** The lengths of time that events are counted for, in seconds. */
export const COUNT_UNITS = [60, 3_600] as const
export type CountUnit = (typeof COUNT_UNITS)[number]

export interface CountableEvent {
  readonly rcode: number
  readonly diff: Uint8Array
  readonly decided_at: Date
}

/** Counts events that the rest of the history was derived from; each once, so in the same transaction. */
export async function addToCounts(
  trx: DbTransaction,
  zoneId: number,
  events: readonly CountableEvent[],
): Promise<void> {
  const rows = countsOf(events)
  await sql`
    insert into event_count (zone_id, seconds, starts_at, applied, unchanged, refused)
    select ${zoneId}::bigint, * from unnest(
      ${rows.map(({ seconds }) => seconds)}::integer[], ${rows.map(({ startsAt }) => new Date(startsAt))}::timestamptz[],
      ${rows.map(({ applied }) => applied)}::bigint[], ${rows.map(({ unchanged }) => unchanged)}::bigint[],
      ${rows.map(({ refused }) => refused)}::bigint[])
    on conflict (zone_id, seconds, starts_at) do update set
      applied = event_count.applied + excluded.applied,
      unchanged = event_count.unchanged + excluded.unchanged,
      refused = event_count.refused + excluded.refused`.execute(trx)
}

interface CountRow {
  readonly seconds: CountUnit
  readonly startsAt: number
  applied: number
  unchanged: number
  refused: number
}

function countsOf(events: readonly CountableEvent[]): CountRow[] {
  const rows = new Map<string, CountRow>()
  for (const { rcode, diff, decided_at } of events)
    for (const seconds of COUNT_UNITS) {
      const startsAt = Math.floor(decided_at.getTime() / (seconds * 1_000)) * seconds * 1_000
      const id = `${seconds} ${startsAt}`
      let row = rows.get(id)
      if (row === undefined) {
        row = { seconds, startsAt, applied: 0, unchanged: 0, refused: 0 }
        rows.set(id, row)
      }
      row[rcode !== Rcode.NOERROR ? 'refused' : diff.length > 0 ? 'applied' : 'unchanged']++
    }
  return [...rows.values()]
}

/** Before a history is derived anew from its first event. */
export async function forgetCounts(trx: DbTransaction, zoneId: number): Promise<void> {
  await trx.deleteFrom('event_count').where('zone_id', '=', zoneId).execute()
}

/** Those of times before the first event after `upTo`; where both share an hour or a minute, that keeps all that it had. */
export async function forgetCountsUpTo(trx: DbTransaction, zoneId: number, upTo: number): Promise<void> {
  await sql`
    delete from event_count
    where zone_id = ${zoneId} and starts_at + make_interval(secs => seconds) <= (
      select decided_at from zone_event where zone_id = ${zoneId} and seq > ${upTo} order by seq limit 1
    )`.execute(trx)
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
