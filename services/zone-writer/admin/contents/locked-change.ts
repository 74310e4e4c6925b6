import type { DbTransaction, ZoneSummary } from '../../store/admin-zones.ts'
import { forgetSince, markHere } from '../../store/savepoints.ts'
import { lockZones, type ZoneRow } from '../../store/zones.ts'
import { done, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'
import { deletedMeanwhile, type SeenZone } from './seen-zone.ts'

const UNLOCKED_ATTEMPTS = 3

/**
 * The change that `find` finds, with the zone locked and as it was when the change was found. Finding it takes long in a large zone, so
 * that is done without the lock, which would hold up updates, unless updates keep coming in between.
 */
export async function lockedChange<T>(
  trx: DbTransaction,
  { id, name }: Pick<ZoneSummary, 'id' | 'name'>,
  find: (seen: SeenZone) => Promise<Outcome<T>>,
): Promise<Outcome<{ head: ZoneRow; change: T }>> {
  for (let attempt = 1; ; attempt++) {
    await markHere(trx, 'found')
    const mayHaveMoved = attempt <= UNLOCKED_ATTEMPTS
    const seen = mayHaveMoved ? await zoneNamed(trx, name) : done((await lockZones(trx, [id]))[0])
    if (!seen.ok) return seen
    if (seen.value?.id !== id) return deletedMeanwhile(name)
    const change = await find(seen.value)
    if (!change.ok) return change
    const [head] = await lockZones(trx, [id])
    if (head === undefined || head.deleted) return deletedMeanwhile(name)
    if (head.seq === seen.value.seq) return done({ head, change: change.value })
    await forgetSince(trx, 'found')
  }
}
