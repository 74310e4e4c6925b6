import { LOCKED_LOOK_MS } from '../../../../shared/time-limits.ts'
import { reachIndex, reachIndexIn } from '../../history/catch-up.ts'
import { type Db, type DbTransaction, inTransaction, type ZoneSummary } from '../../store/admin-zones.ts'
import { lockProgress } from '../../store/history-progress.ts'
import { allowLongWork } from '../../store/staged-records.ts'
import { lookFor, tookTooLong } from '../../store/timed-look.ts'
import { lockZones, type ZoneRow } from '../../store/zones.ts'
import type { Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { deletedMeanwhile, hasStayed, type SeenZone, tooBusy } from './seen-zone.ts'

type Named = Pick<ZoneSummary, 'id' | 'name'>

/** How a change is found with the index of the history, and what is done with it. Both work in the transaction alone. */
export interface ChangePlan<T, R> {
  /** Writes nothing but tables that end with the transaction. The index has reached the event that the zone was seen at. */
  find(trx: DbTransaction, seen: SeenZone): Promise<Outcome<T>>
  /** The zone is locked, and as it was when the change was found. */
  store(trx: DbTransaction, head: ZoneRow, found: T): Promise<Outcome<R>>
}

const UNLOCKED_ATTEMPTS = 3

/**
 * Finds a change of a zone and stores it, in one transaction. Finding it takes long in a large zone, so that is done without the zone's
 * lock, which would hold up updates, unless updates keep coming in between, and then no longer than `longestMs`. Each attempt is a transaction of its own, and the index of the
 * history is reached before it: nobody holds a connection, or the zone, while he waits for a second connection.
 */
export async function attemptChange<T, R>(
  db: Db,
  zone: Named,
  plan: ChangePlan<T, R>,
  longestMs: number = LOCKED_LOOK_MS,
): Promise<Outcome<R>> {
  for (let attempt = 1; attempt <= UNLOCKED_ATTEMPTS; attempt++) {
    const seen = await reachedZone(db, zone)
    if (!seen.ok) return seen
    const stored = await inTransaction(db, (trx) => unlessMoved(trx, seen.value, plan))
    if (stored !== 'moved') return stored
  }
  const near = await reachedZone(db, zone)
  if (!near.ok) return near
  try {
    return await inTransaction(db, (trx) => whileLocked(trx, zone, plan, longestMs))
  } catch (error) {
    if (tookTooLong(error)) return tooBusy(zone.name)
    throw error
  }
}

/** The zone as it is now, when the index has reached that. */
async function reachedZone(db: Db, { id, name }: Named): Promise<Outcome<SeenZone>> {
  const seen = await zoneNamed(db, name)
  if (!seen.ok) return seen
  if (seen.value.id !== id) return deletedMeanwhile(name)
  const reached = await reachIndex(db, id, name, seen.value.seq)
  return reached.ok ? seen : reached
}

async function unlessMoved<T, R>(
  trx: DbTransaction,
  seen: SeenZone,
  { find, store }: ChangePlan<T, R>,
): Promise<Outcome<R> | 'moved'> {
  await allowLongWork(trx)
  const found = await find(trx, seen)
  if (!found.ok) {
    // what was read of a zone that moved on meanwhile is of two moments
    return found.code === 'not-a-zone' && !(await hasStayed(trx, seen)) ? 'moved' : found
  }
  const [head] = await lockZones(trx, [seen.id])
  if (head === undefined || head.deleted) return deletedMeanwhile(seen.name)
  return head.seq === seen.seq ? await store(trx, head, found.value) : 'moved'
}

async function whileLocked<T, R>(
  trx: DbTransaction,
  { id, name }: Named,
  { find, store }: ChangePlan<T, R>,
  longestMs: number,
): Promise<Outcome<R>> {
  await allowLongWork(trx)
  // in this order, as a compaction locks them
  await lockProgress(trx, id)
  const [head] = await lockZones(trx, [id])
  if (head === undefined || head.deleted) return deletedMeanwhile(name)
  const found = await lookFor(trx, longestMs, async (looking) => {
    const reached = await reachIndexIn(looking, id, name, head.seq)
    return reached.ok ? await find(looking, head) : reached
  })
  if (!found.ok) return found
  await allowLongWork(trx)
  return await store(trx, head, found.value)
}

/** Finds a change and stores nothing. */
export async function soughtChange<T>(
  db: Db,
  zone: SeenZone,
  find: ChangePlan<T, unknown>['find'],
): Promise<Outcome<T>> {
  const reached = await reachIndex(db, zone.id, zone.name, zone.seq)
  if (!reached.ok) return reached
  return await inTransaction(db, async (trx) => {
    await allowLongWork(trx)
    return await find(trx, zone)
  })
}
