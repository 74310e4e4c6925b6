import type { DbTransaction, ZoneSummary } from '../../store/admin-zones.ts'
import { failure, type Outcome } from '../failure.ts'
import { zoneNamed } from '../names.ts'

/** A zone as it was when a change of it was looked for. */
export type SeenZone = Pick<ZoneSummary, 'id' | 'name' | 'seq' | 'serial'>

/** Whether the zone is still where it was seen. */
export async function hasStayed(trx: DbTransaction, { id, name, seq }: SeenZone): Promise<boolean> {
  const now = await zoneNamed(trx, name)
  return now.ok && now.value.id === id && now.value.seq === seq
}

export function deletedMeanwhile(name: string): Outcome<never> {
  return failure('zone-not-found', `The zone ${name} was deleted meanwhile.`)
}

/** For a change that could be looked for neither between two updates nor while updates wait. */
export function tooBusy(name: string): Outcome<never> {
  return failure(
    'zone-busy',
    `Nothing was changed: updates of ${name} come faster than the change can be found, and it would hold them up for too long. Repeat it when there are fewer, or change a part of the zone at a time.`,
  )
}
