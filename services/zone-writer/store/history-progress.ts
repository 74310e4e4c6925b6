import { type Selectable, sql } from 'kysely'
import type { HistoryProgressTable } from '../../../shared/database/schema.ts'
import type { Db, DbTransaction } from './admin-zones.ts'

/** How far what is derived from a zone's events has got. */
export interface HistoryProgress {
  readonly seq: number
  readonly snapshotSeq: number
  readonly rowsSinceSnapshot: number
  /** RRset states in the newest snapshot. */
  readonly snapshotRows: number
  /** The first and the last event in the counts of minutes and hours (event-counts.ts), which go their own way. */
  readonly countedFrom: number
  readonly countedSeq: number
}

/** As far as the index goes. */
export type IndexProgress = Omit<HistoryProgress, 'countedFrom' | 'countedSeq'>

const NONE: HistoryProgress = {
  ...{ seq: 0, snapshotSeq: 0, rowsSinceSnapshot: 0, snapshotRows: 0 },
  ...{ countedFrom: 0, countedSeq: 0 },
}

export async function readProgress(db: Db, zoneId: number): Promise<HistoryProgress> {
  const row = await db
    .selectFrom('history_progress')
    .selectAll()
    .where('zone_id', '=', zoneId)
    .executeTakeFirst()
  return row === undefined ? NONE : fromRow(row)
}

/** As {@link readProgress}, and nobody else moves it until the transaction ends. */
export async function lockProgress(trx: DbTransaction, zoneId: number): Promise<HistoryProgress> {
  await sql`insert into history_progress (zone_id, seq) values (${zoneId}, 0) on conflict do nothing`.execute(
    trx,
  )
  const row = await trx
    .selectFrom('history_progress')
    .selectAll()
    .where('zone_id', '=', zoneId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

export async function saveProgress(
  trx: DbTransaction,
  zoneId: number,
  progress: IndexProgress,
): Promise<void> {
  await trx
    .updateTable('history_progress')
    .set({
      seq: progress.seq,
      snapshot_seq: progress.snapshotSeq,
      rows_since_snapshot: progress.rowsSinceSnapshot,
      snapshot_rows: progress.snapshotRows,
    })
    .where('zone_id', '=', zoneId)
    .execute()
}

export interface ZoneBehind {
  readonly id: number
  readonly toIndex: boolean
}

/** Zones of these partitions with events that are not indexed or not counted yet. */
export async function zonesBehind(
  db: Db,
  partitions: readonly number[],
  partitionCount: number,
): Promise<ZoneBehind[]> {
  return await db
    .selectFrom('zone')
    .leftJoin('history_progress as progress', 'progress.zone_id', 'zone.id')
    .select(['zone.id', sql<boolean>`zone.seq > coalesce(progress.seq, 0)`.as('toIndex')])
    .where(sql<boolean>`zone.seq > coalesce(least(progress.seq, progress.counted_seq), 0)`)
    .where(sql<number>`zone.id % ${partitionCount}`, '=', sql<number>`any(${partitions}::bigint[])`)
    .orderBy('zone.id')
    .execute()
}

function fromRow(row: Selectable<HistoryProgressTable>): HistoryProgress {
  return {
    seq: row.seq,
    snapshotSeq: row.snapshot_seq,
    rowsSinceSnapshot: row.rows_since_snapshot,
    snapshotRows: row.snapshot_rows,
    countedFrom: row.counted_from,
    countedSeq: row.counted_seq,
  }
}
