import { chainEvent } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { ZoneContents } from '../../../shared/zone-contents.ts'
import { encodeDiff } from '../../../shared/zone-diff.ts'
import { eventOf } from '../admin/contents/store-change.ts'
import type { AdminContext } from '../admin/context.ts'
import { decideExpiry, type Expiry } from '../decide/expire.ts'
import type { DbTransaction } from '../store/admin-zones.ts'
import { insertEvents } from '../store/events.ts'
import { dueLeases, endAllLeases, endLeases, waitForLocks } from '../store/kept-leases.ts'
import { loadRRsets, saveRRsets } from '../store/rrsets.ts'
import { advanceZones, lockZones, type ZoneRow } from '../store/zones.ts'

/** A zone that is held for longer is tried again at the next look. */
const LOCK_MS = 2_000
/** Values of one event; a zone with more has several, so that its updates need not wait for all of them. */
const MOST_VALUES = 1_000

/** What became of leases that looked as if they were over. */
export interface EndedLeases {
  /** Undefined where nothing went: they were refreshed meanwhile, or the zone must keep the value. */
  readonly event: ZoneEvent | undefined
  readonly values: number
  readonly mayBeMore: boolean
}

/**
 * Removes values of a zone whose leases are over, as one event, in the caller's transaction. Which they are is looked up under the zone's
 * lock: a refresh that was decided before has moved them on, and one that comes after puts them in again. `now` and `since`, in ms since the
 * epoch: clients could refresh from `since` until `now`, as far as anybody has seen. The clock may say anything else by now.
 */
export async function endLeasesOf(
  trx: DbTransaction,
  admin: Pick<AdminContext, 'writerId' | 'now'>,
  zoneId: number,
  { now, since }: { readonly now: number; readonly since: number },
): Promise<EndedLeases> {
  await waitForLocks(trx, LOCK_MS)
  const [head] = await lockZones(trx, [zoneId])
  if (head === undefined || head.deleted || head.settings.leases.longest === 0) {
    await endAllLeases(trx, zoneId)
    return { event: undefined, values: 0, mayBeMore: false }
  }
  const due = await dueLeases(trx, zoneId, { now, since, limit: MOST_VALUES })
  await endLeases(trx, zoneId, due)
  const owners = [...new Set([head.name, ...due.map(({ owner }) => owner)])]
  const stored = await loadRRsets(
    trx,
    owners.map(() => zoneId),
    owners,
  )
  const contents = new ZoneContents(
    head.name,
    stored.map(({ rrset }) => rrset),
  )
  const expiry = decideExpiry(contents, due, head.settings.serialPolicy, admin.now())
  const mayBeMore = due.length === MOST_VALUES
  if (expiry === undefined) return { event: undefined, values: 0, mayBeMore }
  const event = expiredEvent(admin, head, expiry)
  await insertEvents(trx, [event])
  await saveRRsets(trx, zoneId, contents, contents.apply(expiry.diff))
  const gone = expiry.diff.removed.length - expiry.diff.added.length
  await advanceZones(trx, [{ from: head.seq, last: event, recordCount: head.recordCount - gone }])
  return { event, values: gone, mayBeMore }
}

function expiredEvent(
  admin: Pick<AdminContext, 'writerId' | 'now'>,
  head: ZoneRow,
  { serial, detail, diff }: Expiry,
): ZoneEvent {
  const source = { address: '127.0.0.1', port: 0 }
  const event = eventOf(admin, head, { kind: 'lease', by: 'system', source, detail }, serial)
  return chainEvent({ ...event, reason: 'lease-expired', diff: encodeDiff(diff) }, head.hash)
}
