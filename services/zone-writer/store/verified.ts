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

export async function readVerified(db: Db, zoneId: number): Promise<VerifiedPlace | undefined> {
  return await db
    .selectFrom('zone_verified')
    .select(['seq', 'hash', 'digest', 'alarm'])
    .where('zone_id', '=', zoneId)
    .executeTakeFirst()
}

export async function saveVerified(db: Db, zoneId: number, place: VerifiedPlace): Promise<void> {
  await db
    .insertInto('zone_verified')
    .values({ zone_id: zoneId, ...place })
    .onConflict((conflict) => conflict.column('zone_id').doUpdateSet(place))
    .execute()
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
