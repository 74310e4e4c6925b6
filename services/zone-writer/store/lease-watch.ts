import { sql } from 'kysely'
import type { Db } from './admin-zones.ts'

/**
 * Since when updates of each partition's zones could be made without a break. A lease is over only once it could have been refreshed for
 * all of its time: what ran out while nobody could be reached runs once more from then on.
 */

/** What was not seen for so long was broken off; others take a partition over in less, and clocks differ by less. */
const BREAK_SECONDS = 15

/**
 * Notes that updates of these partitions can be made now, by the clock of this writer, in ms since the epoch; tells since when. Where the
 * clock has jumped, forward or back, that is now as well.
 */
export async function seeOpen(
  db: Db,
  partitions: readonly number[],
  now: number,
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await sql<{ partition: number; since: Date }>`
    insert into lease_watch as w (partition, since, seen_at)
    select partition, ${new Date(now)}, ${new Date(now)} from unnest(${partitions}::integer[]) as open (partition)
    on conflict (partition) do update set seen_at = excluded.seen_at,
      since = case when abs(extract(epoch from excluded.seen_at - w.seen_at)) <= ${BREAK_SECONDS}
                   then w.since else excluded.since end
    returning partition, since`.execute(db)
  return new Map(rows.map(({ partition, since }) => [partition, since.getTime()]))
}

/** Whether there are leases at all, and whether some of these partitions' are over, by what was last noted of when they could be refreshed. */
export async function lookForLeases(
  db: Db,
  { partitions, partitionCount, now }: { partitions: readonly number[]; partitionCount: number; now: number },
): Promise<{ any: boolean; due: boolean }> {
  const { rows } = await sql<{ any: boolean; due: boolean }>`
    select exists (select from leased_value) as any,
      exists (
        select from leased_value l
        join lease_watch w on w.partition = l.zone_id % ${partitionCount}
        where l.held_by is null and l.expires_at <= ${new Date(now)}
          and w.partition = any(${partitions}::integer[])
          and w.since + make_interval(secs => l.lease_seconds) <= ${new Date(now)}
      ) as due`.execute(db)
  return rows[0]!
}

/** Zones with leases that are over; `since` says for each partition since when they could be refreshed. */
export async function zonesWithDueLeases(
  db: Db,
  { partitionCount, now, since }: { partitionCount: number; now: number; since: ReadonlyMap<number, number> },
): Promise<number[]> {
  const times = [...since.values()].map((ms) => new Date(ms).toISOString())
  const { rows } = await sql<{ zoneId: number }>`
    select distinct l.zone_id as "zoneId"
    from leased_value l
    join unnest(${[...since.keys()]}::bigint[], ${times}::timestamptz[]) as open (partition, since)
      on open.partition = l.zone_id % ${partitionCount}
    where l.held_by is null and l.expires_at <= ${new Date(now)}
      and open.since + make_interval(secs => l.lease_seconds) <= ${new Date(now)}
    order by 1`.execute(db)
  return rows.map(({ zoneId }) => zoneId)
}

/** Values of these partitions' zones that have a lease, and that somebody holds. */
export async function countAllLeases(
  db: Db,
  { partitions, partitionCount }: { partitions: readonly number[]; partitionCount: number },
): Promise<{ running: number; held: number }> {
  return await db
    .selectFrom('leased_value')
    .select([
      sql<number>`count(*) filter (where held_by is null)`.as('running'),
      sql<number>`count(*) filter (where held_by is not null)`.as('held'),
    ])
    .where(sql<boolean>`zone_id % ${partitionCount} = any(${partitions}::bigint[])`)
    .executeTakeFirstOrThrow()
}
