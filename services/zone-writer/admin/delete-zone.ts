import type { Identity, Source } from '../../../shared/commands.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { chainEvent } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { type DbTransaction, inTransaction } from '../store/admin-zones.ts'
import { insertEvents } from '../store/events.ts'
import { advanceZones, lockZones, markDeleted } from '../store/zones.ts'
import { auditEvent } from './audit.ts'
import { syncCatalogZones } from './catalog-zones/sync.ts'
import { eventOf } from './contents/store-change.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'

export interface DeletedZone {
  readonly id: number
  readonly name: Name
  readonly serial: number
  /** Of the event that says so: how many the zone has. */
  readonly seq: number
}

/**
 * Deletes a zone, and tells the edges, which drop it at once. Its history stays, and ends with this; its last contents are what that
 * adds up to (P6). The name is free for a new zone.
 */
export async function deleteZone(
  admin: AdminContext,
  name: string,
  who: { readonly by: Identity; readonly source: Source },
): Promise<Outcome<DeletedZone>> {
  const deleted = await inTransaction(admin.db, (trx) => store(trx, admin, name, who))
  if (!deleted.ok) return deleted
  const { zone, event } = deleted.value
  await Promise.all([
    afterCommit(admin, 'deleted zone in the catalog', () => admin.catalog.zoneChanged(zone.id)),
    afterCommit(admin, 'event', () => admin.publisher.publish([event])),
    afterCommit(admin, 'catalog zones', () => syncCatalogZones(admin)),
  ])
  return done(zone)
}

async function store(
  trx: DbTransaction,
  admin: AdminContext,
  name: string,
  who: { readonly by: Identity; readonly source: Source },
): Promise<Outcome<{ zone: DeletedZone; event: ZoneEvent }>> {
  const found = await zoneNamed(trx, name)
  if (!found.ok) return found
  const [head] = await lockZones(trx, [found.value.id])
  if (head === undefined || head.deleted)
    return failure('zone-not-found', `The zone ${found.value.name} was deleted meanwhile.`)
  const unchained = eventOf(admin, head, { kind: 'delete', ...who, detail: 'zone deleted' }, undefined)
  const event = chainEvent({ ...unchained, reason: 'applied', diff: new Uint8Array() }, head.hash)
  await insertEvents(trx, [event])
  await advanceZones(trx, [{ from: head.seq, last: event, recordCount: head.recordCount }])
  await auditEvent(trx, head.name, event)
  await markDeleted(trx, head.id, new Date(admin.now()))
  return done({ zone: { id: head.id, name: head.name, serial: head.serial, seq: event.seq }, event })
}
