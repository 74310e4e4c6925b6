import { LOCKED_LOOK_MS } from '../../../../shared/time-limits.ts'
import type { DbTransaction, ZoneSummary } from '../../store/admin-zones.ts'
import { forgetSince, markHere } from '../../store/savepoints.ts'
import { allowLongWork } from '../../store/staged-records.ts'
import { lookFor, tookTooLong } from '../../store/timed-look.ts'
import { lockZones, type ZoneRow } from '../../store/zones.ts'
import { done, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { deletedMeanwhile, tooBusy } from './seen-zone.ts'

const UNLOCKED_ATTEMPTS = 3

type Find<T> = (trx: DbTransaction) => Promise<Outcome<T>>
type Found<T> = Outcome<{ head: ZoneRow; change: T }>

/**
 * The change that `find` finds, with the zone locked and as it was when the change was found. Finding it takes long in a large zone, so
 * that is done without the lock, which would hold up updates, unless updates keep coming in between, and then no longer than `longestMs`.
 * The transaction is one of long work (store/staged-records.ts).
 */
export async function lockedChange<T>(
  trx: DbTransaction,
  { id, name }: Pick<ZoneSummary, 'id' | 'name'>,
  find: Find<T>,
  longestMs: number = LOCKED_LOOK_MS,
): Promise<Found<T>> {
  for (let attempt = 1; attempt <= UNLOCKED_ATTEMPTS; attempt++) {
    await markHere(trx, 'found')
    const seen = await zoneNamed(trx, name)
    if (!seen.ok) return seen
    if (seen.value.id !== id) return deletedMeanwhile(name)
    const change = await find(trx)
    if (!change.ok) return change
    const [head] = await lockZones(trx, [id])
    if (head === undefined || head.deleted) return deletedMeanwhile(name)
    if (head.seq === seen.value.seq) return done({ head, change: change.value })
    await forgetSince(trx, 'found')
  }
  await markHere(trx, 'found')
  const [head] = await lockZones(trx, [id])
  if (head === undefined || head.deleted) return deletedMeanwhile(name)
  try {
    const change = await lookFor(trx, longestMs, find)
    if (!change.ok) return change
    await allowLongWork(trx)
    return done({ head, change: change.value })
  } catch (error) {
    if (!tookTooLong(error)) throw error
    await forgetSince(trx, 'found')
    return tooBusy(name)
  }
}
