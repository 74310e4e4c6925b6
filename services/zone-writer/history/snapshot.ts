import type { DbTransaction } from '../store/admin-zones.ts'
import type { HistoryProgress } from '../store/history-progress.ts'
import { insertSnapshotPart } from '../store/history-snapshots.ts'
import type { StoredState } from '../store/history-states.ts'
import { encodePart } from './snapshot-part.ts'
import { storedStates } from './stored-states.ts'

/** With a snapshot for every so many of its RRsets that changed, a zone's snapshots take about as much room as its changes. */
const SHARE = 4
const STATES_IN_A_PART = 2_000

/**
 * Makes a snapshot at the event that was just indexed, when there is enough behind the last one, and at least `leastRows`: a zone that
 * changes little is read from its beginning.
 */
export async function snapshotWhenDue(
  trx: DbTransaction,
  zoneId: number,
  progress: HistoryProgress,
  leastRows: number,
): Promise<HistoryProgress> {
  const due = Math.max(leastRows, progress.snapshotRows / SHARE)
  if (progress.rowsSinceSnapshot < due) return progress
  const rows = await makeSnapshot(trx, zoneId, progress.seq)
  return { ...progress, snapshotSeq: progress.seq, rowsSinceSnapshot: 0, snapshotRows: rows }
}

async function makeSnapshot(trx: DbTransaction, zoneId: number, seq: number): Promise<number> {
  let part = 0
  let count = 0
  let waiting: StoredState[] = []
  const flush = async () => {
    await insertSnapshotPart(trx, zoneId, seq, part++, await encodePart(waiting))
    waiting = []
  }
  for await (const state of storedStates(trx, zoneId, seq)) {
    count++
    waiting.push(state)
    if (waiting.length >= STATES_IN_A_PART) await flush()
  }
  if (waiting.length > 0) await flush()
  return count
}
