import { sql } from 'kysely'
import type { Db } from './admin-zones.ts'

/** Where the background verifier has got to in a zone. */
export interface VerifiedPlace {
  readonly seq: number
  readonly hash: Buffer
  /** Of the contents after that event. */
  readonly digest: Buffer
  /** What is wrong with the zone, and was told. */
  readonly alarm: string | null
}

/** When a zone was looked at, and the event that hashing old ones anew reached then. */
export interface VerifiedLook {
  readonly lookedAt: Date
  readonly againSeq: number
}

export async function readVerified(db: Db, zoneId: number): Promise<VerifiedPlace | undefined> {
  return await db
    .selectFrom('zone_verified')
    .select(['seq', 'hash', 'digest', 'alarm'])
    .where('zone_id', '=', zoneId)
    .executeTakeFirst()
}

/** How far a look got in a zone. */
export async function saveVerified(
  db: Db,
  zoneId: number,
  { lookedAt, againSeq, ...place }: VerifiedPlace & VerifiedLook,
): Promise<void> {
  const row = { ...place, looked_at: lookedAt, again_seq: againSeq }
  await db
    .insertInto('zone_verified')
    .values({ zone_id: zoneId, ...row })
    .onConflict((conflict) => conflict.column('zone_id').doUpdateSet(row))
    .execute()
}

/** That a zone was looked at which did not get further. */
export async function saveLook(db: Db, zoneId: number, lookedAt: Date): Promise<void> {
  await db.updateTable('zone_verified').set({ looked_at: lookedAt }).where('zone_id', '=', zoneId).execute()
}

/** What was told of a zone; `beginning` is its place where nothing was verified yet. */
export async function saveAlarm(
  db: Db,
  zoneId: number,
  { alarm, ...beginning }: VerifiedPlace,
  at: Date,
): Promise<void> {
  const told = { alarm, alarm_at: alarm === null ? null : at, looked_at: at }
  await db
    .insertInto('zone_verified')
    .values({ zone_id: zoneId, ...beginning, ...told })
    .onConflict((conflict) => conflict.column('zone_id').doUpdateSet(told))
    .execute()
}

/** A zone as the background verifier left it; what is null is not known yet. */
export interface ZoneVerified {
  readonly zone: string
  /** Of its newest event. */
  readonly seq: number
  readonly verified: number
  readonly againSeq: number | null
  readonly lookedAt: Date | null
  readonly alarm: string | null
  readonly alarmAt: Date | null
}

/** A page of living zones by name, with how far they are verified. */
export async function verifiedPage(
  db: Db,
  wanted: {
    readonly after: string
    readonly limit: number
    readonly search?: string | undefined
    readonly onlyDiffering: boolean
    readonly names?: readonly string[] | undefined
  },
): Promise<ZoneVerified[]> {
  const { after, limit, search, onlyDiffering, names } = wanted
  return await db
    .selectFrom('zone')
    .leftJoin('zone_verified as v', 'v.zone_id', 'zone.id')
    .select(['zone.name as zone', 'zone.seq', 'v.alarm', 'v.again_seq as againSeq'])
    .select(['v.looked_at as lookedAt', 'v.alarm_at as alarmAt'])
    .select(sql<number>`coalesce(v.seq, 0)`.as('verified'))
    .where('zone.deleted_at', 'is', null)
    .where('zone.name', '>', after)
    .$if(onlyDiffering, (query) => query.where('v.alarm', 'is not', null))
    .$if(search !== undefined, (query) =>
      query.where(sql<boolean>`position(lower(${search}::text) in zone.name) > 0`),
    )
    .$if(names !== undefined, (query) => query.where('zone.name', '=', sql<string>`any(${names!}::text[])`))
    .orderBy('zone.name')
    .limit(limit)
    .execute()
}

/** Of all living zones. */
export interface VerifiedCounts {
  readonly zones: number
  /** Verified up to their newest event when they were looked at last. */
  readonly upToDate: number
  readonly differing: number
  /** When the zone that was not looked at for longest was; null where one never was. */
  readonly leastRecent: Date | null
}

export async function countVerified(db: Db, names?: readonly string[]): Promise<VerifiedCounts> {
  return await db
    .selectFrom('zone')
    .leftJoin('zone_verified as v', 'v.zone_id', 'zone.id')
    .select([
      sql<number>`count(*)`.as('zones'),
      sql<number>`count(*) filter (where v.seq >= zone.seq)`.as('upToDate'),
      sql<number>`count(*) filter (where v.alarm is not null)`.as('differing'),
      sql<Date | null>`case when count(*) = count(v.looked_at) then min(v.looked_at) end`.as('leastRecent'),
    ])
    .where('zone.deleted_at', 'is', null)
    .$if(names !== undefined, (query) => query.where('zone.name', '=', sql<string>`any(${names!}::text[])`))
    .executeTakeFirstOrThrow()
}

/** Living zones of these partitions. */
export async function zonesToVerify(
  db: Db,
  partitions: readonly number[],
  partitionCount: number,
): Promise<number[]> {
  const rows = await db
    .selectFrom('zone')
    .select('id')
    .where('deleted_at', 'is', null)
    .where('seq', '>', 0)
    .where(sql<number>`id % ${partitionCount}::bigint`, '=', sql<number>`any(${partitions}::bigint[])`)
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}
