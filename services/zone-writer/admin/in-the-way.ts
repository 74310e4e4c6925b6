import type { Name } from '../../../shared/dns/name.ts'
import type { EventKind } from '../../../shared/events/zone-event.ts'
import { keysBelow, ownerKey } from '../history/owner-key.ts'
import type { DbTransaction } from '../store/admin-zones.ts'
import { firstChange } from '../store/history-events.ts'
import type { SeenZone } from './contents/seen-zone.ts'
import { done, failure, type Outcome } from './failure.ts'

/** Events that change whatever they find; what one of them has done no other is to change unasked. */
const SWEEPING: readonly EventKind[] = ['import', 'restore', 'undo']

/** What somebody saw of a zone, and wants changed as it was seen. */
export interface Seen {
  /** The zone's newest event then; undefined for whoever did not look. */
  readonly ifSeq: number | undefined
  /** The newest event when the request began. */
  readonly began: number
  /** Names that it is about. */
  readonly below: Name
}

/**
 * Fails, and names the event, when the names were changed since they were looked at; where nobody looked, when an import, a restore or an
 * undo came between. `zone` is what is about to be changed, and
 * the index has reached it.
 */
export async function nothingInTheWay(
  trx: DbTransaction,
  zone: SeenZone,
  { ifSeq, began, below }: Seen,
): Promise<Outcome<void>> {
  const after = ifSeq ?? began
  if (after > zone.seq)
    return failure('bad-point', `Zone ${zone.name} has no event #${after} yet; its newest is #${zone.seq}.`)
  if (after === zone.seq) return done(undefined)
  const isWhole = below === zone.name
  const found = await firstChange(trx, zone.id, {
    after,
    upTo: zone.seq,
    ...(ifSeq === undefined ? { kinds: SWEEPING } : {}),
    ...(isWhole ? {} : { range: keysBelow(ownerKey(below, zone.name)!) }),
  })
  return found === undefined ? done(undefined) : changedMeanwhile(zone, found)
}

/** Says which event was in the way, and that nothing was done. */
export function changedMeanwhile(
  { name }: Pick<SeenZone, 'name'>,
  { seq, kind, by, at }: { seq: number; kind: string; by: string; at: number },
): Outcome<never> {
  return failure(
    'changed-meanwhile',
    `Nothing was changed: event #${seq} of ${name} (${kind} by ${by}, ${new Date(at).toISOString()}) came in between. Look at the difference again, then repeat it.`,
  )
}
