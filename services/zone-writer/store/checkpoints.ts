import { sql } from 'kysely'
import type { SignedCheckpoint } from '../history/verify/checkpoint.ts'
import type { Db, DbTransaction } from './admin-zones.ts'

export interface StoredKey {
  readonly publicKey: string
  readonly sealedPrivateKey: Buffer
}

export async function readCheckpointKey(db: Db): Promise<StoredKey | undefined> {
  const row = await db.selectFrom('checkpoint_key').selectAll().where('id', '=', 1).executeTakeFirst()
  return row && { publicKey: row.public_key, sealedPrivateKey: row.sealed_private_key }
}

/** Keeps a key; answers the one that is kept then, which another writer may have made first unless `replace`. */
export async function keepCheckpointKey(db: Db, key: StoredKey, replace: boolean): Promise<StoredKey> {
  const row = { public_key: key.publicKey, sealed_private_key: key.sealedPrivateKey }
  await db
    .insertInto('checkpoint_key')
    .values({ id: 1, ...row })
    .onConflict((conflict) =>
      replace ? conflict.column('id').doUpdateSet(row) : conflict.column('id').doNothing(),
    )
    .execute()
  return (await readCheckpointKey(db))!
}

/** A checkpoint of the same event that is there already stays; answers the one that is there then. */
export async function insertCheckpoint(
  db: Db,
  zoneId: number,
  seq: number,
  { statement, signature }: SignedCheckpoint,
): Promise<SignedCheckpoint & { readonly seq: number }> {
  await db
    .insertInto('checkpoint')
    .values({ zone_id: zoneId, seq, statement, signature: Buffer.from(signature) })
    .onConflict((conflict) => conflict.columns(['zone_id', 'seq']).doNothing())
    .execute()
  return await db
    .selectFrom('checkpoint')
    .select(['seq', 'statement', 'signature'])
    .where('zone_id', '=', zoneId)
    .where('seq', '=', seq)
    .executeTakeFirstOrThrow()
}

/** Checkpoints of a zone, oldest first. */
export async function checkpointsOf(
  db: Db | DbTransaction,
  zoneId: number,
): Promise<(SignedCheckpoint & { readonly seq: number })[]> {
  return await db
    .selectFrom('checkpoint')
    .select(['seq', 'statement', 'signature'])
    .where('zone_id', '=', zoneId)
    .orderBy('seq')
    .execute()
}

/** Zones of these partitions with events behind their last checkpoint, and whether these are `events` or more. */
export async function zonesDue(
  db: Db,
  partitions: readonly number[],
  partitionCount: number,
  events: number,
): Promise<{ zoneId: number; isMany: boolean }[]> {
  const { rows } = await sql<{ zoneId: number; isMany: boolean }>`
    select z.id as "zoneId", z.seq - coalesce(last.seq, 0) >= ${events} as "isMany"
    from zone z
    left join lateral (select seq from checkpoint c where c.zone_id = z.id order by seq desc limit 1) last on true
    where z.id % ${partitionCount}::bigint = any(${partitions}::bigint[]) and z.seq > coalesce(last.seq, 0)
    order by z.id`.execute(db)
  return rows
}

/** Checkpoints that may not have reached NATS. */
export async function unpublishedCheckpoints(
  db: Db,
  limit: number,
): Promise<(SignedCheckpoint & { readonly zoneId: number; readonly seq: number })[]> {
  return await db
    .selectFrom('checkpoint')
    .select(['zone_id as zoneId', 'seq', 'statement', 'signature'])
    .where('published', '=', false)
    .orderBy('zone_id')
    .orderBy('seq')
    .limit(limit)
    .execute()
}

export async function markCheckpointPublished(db: Db, zoneId: number, seq: number): Promise<void> {
  await db
    .updateTable('checkpoint')
    .set({ published: true })
    .where('zone_id', '=', zoneId)
    .where('seq', '=', seq)
    .execute()
}
