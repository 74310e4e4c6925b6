import type { Name } from '../../../shared/dns/name.ts'
import type { TransferSettings } from '../../../shared/transfers/transfer-settings.ts'
import type { ZoneSettings } from '../../../shared/zone-settings.ts'
import { type DbTransaction, inTransaction } from '../store/admin-zones.ts'
import { loadTransfers, saveTransfers } from '../store/transfers.ts'
import { lockZones, saveSettings } from '../store/zones.ts'
import { syncCatalogZones } from './catalog-zones/sync.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
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
 * a second. Settings are not contents: this leaves no event, and moves no serial.
 */
export async function setZone(
  admin: AdminContext,
  name: string,
  changes: ZoneChanges,
): Promise<Outcome<ZoneWithSettings>> {
  const transfers = checkTransfers(changes.transfers ?? {})
  if (!transfers.ok) return transfers
  const zone = await inTransaction(admin.db, (trx) =>
    store(trx, name, changes.settings ?? {}, transfers.value),
  )
  if (!zone.ok) return zone
  const isForEdges = (changes.transfers ?? changes.settings?.maxUpdatesPerIdentity) !== undefined
  await Promise.all([
    isForEdges &&
      afterCommit(admin, 'settings in the catalog', () => admin.catalog.zoneChanged(zone.value.id)),
    changes.transfers !== undefined && afterCommit(admin, 'catalog zones', () => syncCatalogZones(admin)),
  ])
  return zone
}

async function store(
  trx: DbTransaction,
  name: string,
  changes: Partial<ZoneSettings>,
  transfers: CheckedTransfers,
): Promise<Outcome<ZoneWithSettings>> {
  const zone = await zoneNamed(trx, name)
  if (!zone.ok) return zone
  const held = await holdTransferNames(trx, transfers)
  if (!held.ok) return held
  const [row] = await lockZones(trx, [zone.value.id])
  if (row === undefined || row.deleted)
    return failure('zone-not-found', `The zone ${zone.value.name} was deleted meanwhile.`)
  const settings = { ...row.settings, ...changes }
  if (Object.keys(changes).length > 0) await saveSettings(trx, row.id, settings)
  await saveTransfers(trx, row.id, transfers.settings)
  const stored = (await loadTransfers(trx, [row.id])).get(row.id)!
  return done({ id: row.id, name: row.name, settings, transfers: stored })
}
