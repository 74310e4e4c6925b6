import { sql } from 'kysely'
import type { Db } from './admin-zones.ts'

/** Living zones of which the background verifier found something that differs, with what it told. */
export async function zonesThatDiffer(db: Db, limit: number): Promise<{ zone: string; alarm: string }[]> {
  const rows = await db
    .selectFrom('zone_verified')
    .innerJoin('zone', 'zone.id', 'zone_verified.zone_id')
    .select(['zone.name as zone', 'zone_verified.alarm'])
    .where('zone_verified.alarm', 'is not', null)
    .where('zone.deleted_at', 'is', null)
    .orderBy('zone.name')
    .limit(limit)
    .execute()
  return rows.map(({ zone, alarm }) => ({ zone, alarm: alarm ?? '' }))
}

/** Keys that have expired and with which somebody still signs, as edges said since then. */
export async function expiredKeysInUse(
  db: Db,
  now: Date,
  since: Date,
  limit: number,
): Promise<{ key: string; expiresAt: Date; lastAt: Date; count: number }[]> {
  return await db
    .selectFrom('refusal')
    .innerJoin('tsig_key', 'tsig_key.name', 'refusal.claimed_key')
    .select(['tsig_key.name as key', sql<Date>`tsig_key.expires_at`.as('expiresAt')])
    .select(sql<Date>`max(refusal.last_at)`.as('lastAt'))
    .select(sql<number>`sum(refusal.count)::bigint`.as('count'))
    .where('tsig_key.expires_at', '<=', now)
    .where('refusal.last_at', '>=', since)
    .whereRef('refusal.last_at', '>=', 'tsig_key.expires_at')
    .groupBy(['tsig_key.name', 'tsig_key.expires_at'])
    .orderBy('tsig_key.name')
    .limit(limit)
    .execute()
}

/** Keys that expire in a while. */
export async function keysExpiring(
  db: Db,
  from: Date,
  until: Date,
  limit: number,
): Promise<{ key: string; expiresAt: Date }[]> {
  return await db
    .selectFrom('tsig_key')
    .select(['name as key', sql<Date>`expires_at`.as('expiresAt')])
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
