import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'

/** A zone's row: the lock and the sequence number that make two writers safe. */
export interface ZoneHead {
  readonly id: number
  readonly name: Name
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  readonly deleted: boolean
}

/** Locks the rows of these zones in one order, so that two transactions cannot wait for each other. */
export async function lockZones(trx: Transaction<Database>, ids: readonly number[]): Promise<ZoneHead[]> {
  const rows = await trx
    .selectFrom('zone')
    .select(['id', 'name', 'seq', 'serial', 'hash', 'deleted_at'])
    .where('id', '=', sql<number>`any(${ids}::bigint[])`)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map((row) => ({ ...row, name: nameOf(row.name), deleted: row.deleted_at !== null }))
}

/** Moves zones on to their newest events. A zone that is no longer where this transaction saw it is a fault. */
export async function advanceZones(
  trx: Transaction<Database>,
  moves: readonly { from: number; last: ZoneEvent }[],
): Promise<void> {
  for (const { from, last } of moves) {
    const moved = await trx
      .updateTable('zone')
      .set({ seq: last.seq, serial: last.serialAfter, hash: Buffer.from(last.hash) })
      .where('id', '=', last.zoneId)
      .where('seq', '=', from)
      .executeTakeFirst()
    if (moved.numUpdatedRows !== 1n) throw new Error(`zone ${last.zoneId} has moved on from event ${from}`)
  }
}

/** Remembers how far a zone's events are known to have reached NATS; never backwards. */
export async function markPublished(db: Kysely<Database>, zoneId: number, seq: number): Promise<void> {
  await db
    .updateTable('zone')
    .set({ published_seq: seq })
    .where('id', '=', zoneId)
    .where('published_seq', '<', seq)
    .execute()
}

/** Zones of these partitions with events that may not have reached NATS. */
export async function unpublishedZones(
  db: Kysely<Database>,
  partitions: readonly number[],
  partitionCount: number,
): Promise<{ id: number; publishedSeq: number; seq: number }[]> {
  return await db
    .selectFrom('zone')
    .select(['id', 'published_seq as publishedSeq', 'seq'])
    .whereRef('published_seq', '<', 'seq')
    .where(sql<number>`id % ${partitionCount}`, '=', sql<number>`any(${partitions}::bigint[])`)
    .orderBy('id')
    .execute()
}
