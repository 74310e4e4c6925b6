import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { run } from './statement.ts'

/** Events of a zone, without a gap, that are in the stream of events. */
export interface PublishedRange {
  readonly zoneId: number
  readonly from: number
  readonly to: number
}

/** Where a zone's row stands: how many of its events have reached NATS, of how many. */
export interface PublishedPlace {
  readonly id: number
  readonly published: number
  readonly seq: number
}

/**
 * Remembers that these events, one range of a zone, have reached NATS, if all before them have: the cursor never skips any. Waits for nobody. Gives where
 * each row stands by then, or undefined for a zone that has none; nothing of zones that something else has locked.
 */
export async function markPublished(
  db: Kysely<Database>,
  ranges: readonly PublishedRange[],
): Promise<ReadonlyMap<number, PublishedPlace | undefined>> {
  const columns = [
    ranges.map(({ zoneId }) => zoneId),
    ranges.map(({ from }) => from),
    ranges.map(({ to }) => to),
  ]
  const rows = await run<{ id: number; published: number | null; seq: number | null }>(db, {
    name: 'mark-published',
    text: MARK_PUBLISHED,
    values: columns,
  })
  return new Map(
    rows.map(({ id, published, seq }) => [
      id,
      published === null || seq === null ? undefined : { id, published, seq },
    ]),
  )
}

/**
 * The column's value, of a row of `zone` before it is changed, when the events of a range, a row of `of`, have reached NATS as well. A range that goes further than
 * the zone is of events that Postgres has lost.
 */
export const publishedWith = (zone: string, of: string) => `
  case when ${zone}.published_seq >= ${of}.published_from - 1 and ${of}.published_to <= ${zone}.seq
    then greatest(${zone}.published_seq, ${of}.published_to) else ${zone}.published_seq end`

const MARK_PUBLISHED = `
  with given as (
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as g (id, published_from, published_to)
  ), free as (
    select id, seq, published_seq from zone where id in (select id from given) order by id for no key update skip locked
  ), place as (
    select id, seq, free.published_seq as was, ${publishedWith('free', 'given')} as published from free join given using (id)
  ), marked as (
    update zone set published_seq = place.published from place where zone.id = place.id and place.published <> place.was
  )
  select id, published, place.seq from given left join place using (id)
  where place.seq is not null or not exists (select from zone where zone.id = given.id)`

/** One with events that may not have reached NATS. */
export interface UnpublishedZone {
  readonly id: number
  readonly publishedSeq: number
  readonly seq: number
}

/** Zones of these partitions with events that may not have reached NATS. */
export async function unpublishedZones(
  db: Kysely<Database>,
  partitions: readonly number[],
  partitionCount: number,
): Promise<UnpublishedZone[]> {
  return await db
    .selectFrom('zone')
    .select(['id', 'published_seq as publishedSeq', 'seq'])
    .whereRef('published_seq', '<', 'seq')
    .where(sql<number>`id % ${partitionCount}`, '=', sql<number>`any(${partitions}::bigint[])`)
    .orderBy('id')
    .execute()
}
