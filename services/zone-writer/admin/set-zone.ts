import type { Identity, Source } from '../../../shared/commands.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { DEFAULT_TRANSFERS, type TransferSettings } from '../../../shared/transfers/transfer-settings.ts'
import type { ZoneSettings } from '../../../shared/zone-settings.ts'
import { type DbTransaction, inTransaction } from '../store/admin-zones.ts'
import { endAllLeases } from '../store/kept-leases.ts'
import { loadTransfers, saveTransfers } from '../store/transfers.ts'
import { lockZones, saveSettings, type ZoneRow } from '../store/zones.ts'
import type { Access } from './access.ts'
import { recordAudit } from './audit.ts'
import { syncCatalogZones } from './catalog-zones/sync.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { appendLeaseEvent } from './leases/lease-event.ts'
import { zoneNamed } from './names.ts'
import { type CheckedTransfers, checkTransfers, holdTransferNames } from './transfers.ts'

export interface ZoneWithSettings {
  readonly id: number
  readonly name: Name
  /** All of them, also those that were not changed. */
  readonly settings: ZoneSettings
  readonly transfers: TransferSettings
}

/** What to change; what is left out stays. */
export interface ZoneChanges {
  readonly settings?: Partial<ZoneSettings>
  readonly transfers?: Partial<TransferSettings>
}

/**
 * Changes a zone's settings; those that are left out stay. They hold from the next update on, those of edges at each of them within
 * a second. Settings are not contents: this leaves no event and moves no serial, unless it ends leases, but an entry of
 * the audit.
 */
export async function setZone(
  admin: AdminContext,
  name: string,
  changes: ZoneChanges,
  who: { readonly by: Identity; readonly source: Source; readonly access?: Access },
): Promise<Outcome<ZoneWithSettings>> {
  const transfers = checkTransfers(changes.transfers ?? {})
  if (!transfers.ok) return transfers
  const stored = await inTransaction(admin.db, (trx) =>
    store(trx, name, changes.settings ?? {}, transfers.value, {
      endLeasesOf: (head) => endLeases(trx, admin, head, who),
      at: new Date(admin.now()),
      by: who.by,
      access: who.access,
    }),
  )
  if (!stored.ok) return stored
  const { zone, event } = stored.value
  const isForEdges = (changes.transfers ?? changes.settings?.maxUpdatesPerIdentity) !== undefined
  await Promise.all([
    isForEdges && afterCommit(admin, 'settings in the catalog', () => admin.catalog.zoneChanged(zone.id)),
    changes.transfers !== undefined && afterCommit(admin, 'catalog zones', () => syncCatalogZones(admin)),
    event !== undefined && afterCommit(admin, 'event', () => admin.publisher.publish([event])),
  ])
  return done(zone)
}

interface Change {
  readonly endLeasesOf: (head: ZoneRow) => Promise<ZoneEvent | undefined>
  readonly at: Date
  readonly by: Identity
  readonly access: Access | undefined
}

async function store(
  trx: DbTransaction,
  name: string,
  changes: Partial<ZoneSettings>,
  transfers: CheckedTransfers,
  { endLeasesOf, at, by, access }: Change,
): Promise<Outcome<{ zone: ZoneWithSettings; event: ZoneEvent | undefined }>> {
  const zone = await zoneNamed(trx, name)
  if (!zone.ok) return zone
  const held = await holdTransferNames(trx, transfers, access)
  if (!held.ok) return held
  const [row] = await lockZones(trx, [zone.value.id])
  if (row === undefined || row.deleted)
    return failure('zone-not-found', `The zone ${zone.value.name} was deleted meanwhile.`)
  const before = (await loadTransfers(trx, [row.id])).get(row.id) ?? DEFAULT_TRANSFERS
  const settings = { ...row.settings, ...changes }
  const { least, longest } = settings.leases
  if (longest > 0 && (least === 0 || least > longest))
    return failure(
      'bad-lease',
      `A lease lasts from ${least} to ${longest} seconds: the least must be from 1 to the longest.`,
    )
  if (Object.keys(changes).length > 0) await saveSettings(trx, row.id, settings)
  const event = changes.leases?.longest === 0 ? await endLeasesOf(row) : undefined
  await saveTransfers(trx, row.id, transfers.settings)
  const stored = (await loadTransfers(trx, [row.id])).get(row.id)!
  await recordAudit(trx, {
    at,
    by,
    ...{ subject: 'zone', name: row.name, change: 'set', zoneId: row.id },
    detail: differenceText({ ...row.settings, ...before }, { ...settings, ...stored }),
  })
  return done({ zone: { id: row.id, name: row.name, settings, transfers: stored }, event })
}

/** In a zone without leases everything is static, also when it grants leases again. */
async function endLeases(
  trx: DbTransaction,
  admin: AdminContext,
  head: ZoneRow,
  who: { readonly by: Identity; readonly source: Source },
): Promise<ZoneEvent | undefined> {
  const values = await endAllLeases(trx, head.id)
  if (values === 0) return undefined
  const detail = `leases turned off: ${values} value(s) stay for good`
  return await appendLeaseEvent(trx, admin, head, { ...who, detail, reason: 'leases-off' })
}

function differenceText(before: object, after: object): string {
  const was = new Map(Object.entries(before))
  const changed = Object.entries(after).flatMap(([name, value]) => {
    const [old, now] = [JSON.stringify(was.get(name)), JSON.stringify(value)]
    return old === now ? [] : [`${name} ${old} to ${now}`]
  })
  return changed.length === 0 ? 'nothing differs' : changed.join(', ')
}
