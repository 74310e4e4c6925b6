import { sql } from 'kysely'
import type { StoredRRset, StoredZone } from '../history/verify/stored-zone.ts'
import type { Db, DbTransaction } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'

const RRSETS_AT_ONCE = 1_000

export async function* storedRRsets(
  trx: DbTransaction,
  zoneId: number,
): AsyncGenerator<readonly StoredRRset[]> {
  const query = sql`
    select owner, owner_as_given as "ownerAsGiven", type, ttl, rdata
    from rrset where zone_id = ${zoneId} order by owner, type`
  yield* rowsOf<StoredRRset>(trx, 'stored_rrsets', query, RRSETS_AT_ONCE)
}

export async function storedZone(db: Db, zoneId: number): Promise<StoredZone | undefined> {
  const row = await db
    .selectFrom('zone')
    .select(['name', 'seq', 'serial', 'hash', 'published_seq', 'record_count', 'deleted_at'])
    .where('id', '=', zoneId)
    .executeTakeFirst()
  return (
    row && {
      name: row.name,
      seq: row.seq,
      serial: row.serial,
      hash: row.hash,
      publishedSeq: row.published_seq,
      recordCount: row.record_count,
      deleted: row.deleted_at !== null,
    }
  )
}
