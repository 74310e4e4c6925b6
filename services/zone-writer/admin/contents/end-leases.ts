import type { EventKind } from '../../../../shared/events/zone-event.ts'
import { keyOf, type ValueKey } from '../../decide/zone-leases.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { type ChangedRRset, changedRRsets } from '../../store/changed-rrsets.ts'
import { endAllLeases, endLeases, hasLeases } from '../../store/kept-leases.ts'
import { changeOfSet } from './merge.ts'

const ENDED_AT_ONCE = 1_000

/**
 * What the administration puts into a zone is static. An import says what all of the zone is, so that it leaves no lease; a restore or an
 * undo speaks of the values that it changes. To be called before the change is stored, with the zone locked.
 */
export async function endLeasesOfChange(trx: DbTransaction, zoneId: number, kind: EventKind): Promise<void> {
  if (kind === 'import') await endAllLeases(trx, zoneId)
  else if (await hasLeases(trx, zoneId)) await endChanged(trx, zoneId)
}

async function endChanged(trx: DbTransaction, zoneId: number): Promise<void> {
  let keys: ValueKey[] = []
  for await (const change of changedRRsets(trx)) {
    keys.push(...valuesChanged(change))
    if (keys.length < ENDED_AT_ONCE) continue
    await endLeases(trx, zoneId, keys)
    keys = []
  }
  await endLeases(trx, zoneId, keys)
}

/** Those that come or go; a new TTL alone changes no value. */
function valuesChanged({ before, after }: ChangedRRset): ValueKey[] {
  const { removed, added } = changeOfSet(before, after)
  const keys = [...removed, ...added].map(keyOf)
  const times = Map.groupBy(keys, ({ value }) => Buffer.from(value).toString('latin1'))
  return keys.filter(({ value }) => times.get(Buffer.from(value).toString('latin1'))!.length === 1)
}
