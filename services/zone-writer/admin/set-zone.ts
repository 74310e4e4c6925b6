import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneSettings } from '../../../shared/zone-settings.ts'
import { inTransaction } from '../store/admin-zones.ts'
import { lockZones, saveSettings } from '../store/zones.ts'
import type { AdminContext } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { zoneNamed } from './names.ts'

export interface ZoneWithSettings {
  readonly id: number
  readonly name: Name
  /** All of them, also those that were not changed. */
  readonly settings: ZoneSettings
}

/**
 * Changes a zone's settings; those that are left out stay. They hold from the next update on. Settings are not contents: this leaves
 * no event, and moves no serial.
 */
export async function setZone(
  admin: AdminContext,
  name: string,
  changes: Partial<ZoneSettings>,
): Promise<Outcome<ZoneWithSettings>> {
  return await inTransaction(admin.db, async (trx) => {
    const zone = await zoneNamed(trx, name)
    if (!zone.ok) return zone
    const [row] = await lockZones(trx, [zone.value.id])
    if (row === undefined || row.deleted)
      return failure('zone-not-found', `The zone ${zone.value.name} was deleted meanwhile.`)
    const settings = { ...row.settings, ...changes }
    await saveSettings(trx, row.id, settings)
    return done({ id: row.id, name: row.name, settings })
  })
}
