import { sql } from 'kysely'
import type { MinuteActivity } from '../../../shared/messaging/activity.ts'
import type { Db } from './admin-zones.ts'

/**
 * Living zones of which the background verifier found something that differs, with what it told; of all, or of those with these names.
 */
export async function zonesThatDiffer(
  db: Db,
  limit: number,
  names?: readonly string[],
): Promise<{ zone: string; alarm: string }[]> {
  const rows = await db
    .selectFrom('zone_verified')
    .innerJoin('zone', 'zone.id', 'zone_verified.zone_id')
    .select(['zone.name as zone', 'zone_verified.alarm'])
    .where('zone_verified.alarm', 'is not', null)
    .where('zone.deleted_at', 'is', null)
    .$if(names !== undefined, (query) => query.where('zone.name', '=', sql<string>`any(${names!}::text[])`))
    .orderBy('zone.name')
    .limit(limit)
    .execute()
  return rows.map(({ zone, alarm }) => ({ zone, alarm: alarm ?? '' }))
}

/** A key, and by whom it was made. */
interface KeyOfSomebody {
  readonly key: string
  readonly createdBy: string
  readonly expiresAt: Date
}

/** Keys that have expired and with which somebody still signs, as edges said since then: of all zones, or messages for those with these names. */
export async function expiredKeysInUse(
  db: Db,
  now: Date,
  since: Date,
  limit: number,
  zones?: readonly string[],
): Promise<(KeyOfSomebody & { lastAt: Date; count: number })[]> {
  return await db
    .selectFrom('refusal')
    .innerJoin('tsig_key', 'tsig_key.name', 'refusal.claimed_key')
    .select(['tsig_key.name as key', 'tsig_key.created_by as createdBy'])
    .select(sql<Date>`tsig_key.expires_at`.as('expiresAt'))
    .select(sql<Date>`max(refusal.last_at)`.as('lastAt'))
    .select(sql<number>`sum(refusal.count)::bigint`.as('count'))
    .where('tsig_key.expires_at', '<=', now)
    .where('refusal.last_at', '>=', since)
    .whereRef('refusal.last_at', '>=', 'tsig_key.expires_at')
    .$if(zones !== undefined, (query) =>
      query.where('refusal.zone', '=', sql<string>`any(${zones!}::text[])`),
    )
    .groupBy(['tsig_key.name', 'tsig_key.created_by', 'tsig_key.expires_at'])
    .orderBy('tsig_key.name')
    .limit(limit)
    .execute()
}

/** Keys that expire in a while. */
export async function keysExpiring(db: Db, from: Date, until: Date, limit: number): Promise<KeyOfSomebody[]> {
  return await db
    .selectFrom('tsig_key')
    .select(['name as key', 'created_by as createdBy', sql<Date>`expires_at`.as('expiresAt')])
    .where('expires_at', '>', from)
    .where('expires_at', '<=', until)
    .orderBy('expires_at')
    .limit(limit)
    .execute()
}

/** Living zones that name servers to notify, in the order of their names. */
export async function zonesThatNotify(db: Db): Promise<{ id: number; name: string }[]> {
  return await db
    .selectFrom('zone')
    .select(['id', 'name'])
    .where('deleted_at', 'is', null)
    .where('notify_mode', '!=', 'no')
    .where(sql<boolean>`cardinality(notify) > 0`)
    .orderBy(sql`name collate "C"`)
    .execute()
}

export interface ActivityOfZones {
  /** Minutes in which there was something, oldest first. */
  readonly minutes: readonly MinuteActivity[]
  /** Ms since the epoch: before it not all is counted. */
  readonly from: number | undefined
}

/** Updates that these zones have decided since then, minute by minute; of each zone no more than its newest `most` events are looked at. */
export async function activityOfZones(
  db: Db,
  names: readonly string[],
  since: Date,
  most: number,
): Promise<ActivityOfZones> {
  const looked = sql`
    select zone.id, zone.seq as newest, event.seq, decided_at, rcode, reason, event.kind
    from zone cross join lateral (
      select seq, decided_at, rcode, reason, kind from zone_event
      where zone_id = zone.id and seq > zone.seq - ${most} and decided_at >= ${since}
    ) event
    where zone.name = any(${names}::text[]) and zone.deleted_at is null`
  const { rows: minutes } = await sql<MinuteActivity>`
    select (extract(epoch from date_trunc('minute', decided_at)) * 1000)::bigint as at,
      count(*) filter (where rcode = 0 and reason <> 'unchanged') as applied,
      count(*) filter (where rcode = 0 and reason = 'unchanged') as unchanged,
      count(*) filter (where rcode <> 0) as refused
    from (${looked}) looked where kind = 'update' group by 1 order by 1`.execute(db)
  const { rows: cut } = await sql<{ at: Date | null }>`
    select max(first) as at from (
      select min(decided_at) as first from (${looked}) looked
      group by id, newest having min(seq) = newest - ${most} + 1 and min(seq) > 1
    ) full_windows`.execute(db)
  return { minutes, from: cut[0]?.at?.getTime() }
}
