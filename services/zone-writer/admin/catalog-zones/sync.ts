import { Type } from '../../../../shared/dns/codes.ts'
import type { Serial } from '../../../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../../../shared/dns/soa.ts'
import { chainEvent } from '../../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { ZoneContents } from '../../../../shared/zone-contents.ts'
import { encodeDiff } from '../../../../shared/zone-diff.ts'
import { nextSerial } from '../../decide/serial.ts'
import { type DbTransaction, inTransaction } from '../../store/admin-zones.ts'
import { allRRsets, catalogZoneIds, membersOf } from '../../store/catalog-members.ts'
import { insertEvents } from '../../store/events.ts'
import { saveRRsets } from '../../store/rrsets.ts'
import { advanceZones, lockZones, type ZoneRow } from '../../store/zones.ts'
import { soaRecord } from '../contents/compare.ts'
import { eventOf } from '../contents/store-change.ts'
import { type AdminContext, afterCommit } from '../context.ts'
import { memberChanges } from './member-records.ts'

/**
 * Brings each catalog zone in line with the zones that there are, by an event of its own as for any zone. To be called after zones came,
 * went or changed, and now and then: what one writer could not do, another does.
 */
export async function syncCatalogZones(admin: AdminContext): Promise<void> {
  for (const id of await catalogZoneIds(admin.db)) {
    const event = await inTransaction(admin.db, (trx) => syncOne(trx, admin, id))
    if (event !== undefined) await afterCommit(admin, 'event', () => admin.publisher.publish([event]))
  }
}

async function syncOne(trx: DbTransaction, admin: AdminContext, id: number): Promise<ZoneEvent | undefined> {
  const [head] = await lockZones(trx, [id])
  if (head === undefined || head.deleted) return undefined
  const stored = await allRRsets(trx, id)
  const { removed, added } = memberChanges(head.name, stored, await membersOf(trx, head.name))
  if (removed.length + added.length === 0) return undefined
  const contents = new ZoneContents(head.name, stored)
  const oldSoa = soaRecord(contents.at(head.name)!.get(Type.SOA)!)
  const serial = nextSerial(serialOf(oldSoa.rdata) as Serial, head.settings.serialPolicy, admin.now())
  const newSoa = { ...oldSoa, rdata: withSerial(oldSoa.rdata, serial) }
  const diff = { oldSoa, removed, newSoa, added }
  await saveRRsets(trx, id, contents, contents.apply(diff))
  return await append(trx, admin, head, serial, encodeDiff(diff), added.length - removed.length)
}

async function append(
  trx: DbTransaction,
  admin: AdminContext,
  head: ZoneRow,
  serial: Serial,
  diff: Uint8Array,
  more: number,
): Promise<ZoneEvent> {
  const origin = {
    kind: 'import',
    by: 'system',
    source: { address: '127.0.0.1', port: 0 },
    detail: 'catalog brought in line with the zones',
  } as const
  const event = chainEvent({ ...eventOf(admin, head, origin, serial), diff }, head.hash)
  await insertEvents(trx, [event])
  await advanceZones(trx, [{ from: head.seq, last: event, recordCount: head.recordCount + more }])
  return event
}
