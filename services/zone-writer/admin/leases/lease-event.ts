import type { Identity, Source } from '../../../../shared/commands.ts'
import { chainEvent } from '../../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { ReasonCode } from '../../../../shared/reasons.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { insertEvents } from '../../store/events.ts'
import { advanceZones, type ZoneRow } from '../../store/zones.ts'
import { auditEvent } from '../audit.ts'
import { eventOf } from '../contents/store-change.ts'
import type { AdminContext } from '../context.ts'

/** Says in the zone's history what became of leases while contents stayed. The caller holds the zone's lock, and publishes the event. */
export async function appendLeaseEvent(
  trx: DbTransaction,
  admin: AdminContext,
  head: ZoneRow,
  {
    reason,
    ...origin
  }: { readonly by: Identity; readonly source: Source; readonly detail: string; readonly reason: ReasonCode },
): Promise<ZoneEvent> {
  const unchained = eventOf(admin, head, { kind: 'lease', ...origin }, undefined)
  const event = chainEvent({ ...unchained, reason, diff: new Uint8Array() }, head.hash)
  await insertEvents(trx, [event])
  await auditEvent(trx, head.name, event)
  await advanceZones(trx, [{ from: head.seq, last: event, recordCount: head.recordCount }])
  return event
}
