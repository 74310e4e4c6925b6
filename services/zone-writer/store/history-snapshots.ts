import { sql } from 'kysely'
import type { Db, DbTransaction } from './admin-zones.ts'

/** The newest snapshot of a zone that is not after event `upTo`; 0 when there is none. */
export async function snapshotBefore(db: Db, zoneId: number, upTo: number): Promise<number> {
  const row = await db
    .selectFrom('zone_snapshot_part')
    .select('seq')
    .where('zone_id', '=', zoneId)
    .where('seq', '<=', upTo)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.seq ?? 0
}

/** Compressed parts in order, one at a time. */
export async function* snapshotParts(db: Db, zoneId: number, seq: number): AsyncGenerator<Buffer> {
  for (let part = 0; ; part++) {
    const row = await db
      .selectFrom('zone_snapshot_part')
      .select('octets')
      .where('zone_id', '=', zoneId)
      .where('seq', '=', seq)
      .where('part', '=', part)
      .executeTakeFirst()
    if (row === undefined) return
    yield row.octets
  }
}

export async function insertSnapshotPart(
  trx: DbTransaction,
  zoneId: number,
  seq: number,
  part: number,
  octets: Uint8Array,
): Promise<void> {
  await sql`insert into zone_snapshot_part values (${zoneId}, ${seq}, ${part}, ${Buffer.from(octets)})`.execute(
    trx,
  )
}
