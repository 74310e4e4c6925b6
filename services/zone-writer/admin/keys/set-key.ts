import type { TsigAlgorithm } from '../../../../shared/dns/tsig.ts'
import { inTransaction } from '../../store/admin-zones.ts'
import { lastUses } from '../../store/key-usage.ts'
import { saveKeySettings } from '../../store/keys.ts'
import type { AdminContext } from '../context.ts'
import { done, type Outcome } from '../failure.ts'
import { checkLeastMac } from './key-algorithm.ts'
import { readExpiry } from './key-moment.ts'
import { lockedKey } from './key-named.ts'
import { describeKey, type KeyDescription } from './list-keys.ts'
import { announceChange, type By, type Change, recordChange } from './record-change.ts'

/** What is left out stays. */
export interface KeySettings {
  /** ISO 8601, null for never, `now` to end all secrets at once. */
  readonly expiresAt?: string | null
  /** In octets; null for whole MACs only. */
  readonly leastMac?: number | null
}

/** Changes when a key expires and how short its MACs may be. */
export async function setKey(
  admin: AdminContext,
  name: string,
  settings: KeySettings & By,
): Promise<Outcome<KeyDescription>> {
  const now = admin.now()
  const atOnce = settings.expiresAt === 'now'
  const expiry = atOnce ? done(new Date(now)) : readExpiry(settings.expiresAt ?? null, now)
  if (!expiry.ok) return expiry
  const set = await inTransaction(admin.db, async (trx) => {
    const key = await lockedKey(trx, name)
    if (!key.ok) return key
    const { leastMac } = settings
    const algorithm = key.value.secrets[0]!.algorithm as TsigAlgorithm
    const checked = checkLeastMac(algorithm, leastMac ?? undefined)
    if (!checked.ok) return checked
    const changed = {
      ...key.value,
      expiresAt: settings.expiresAt === undefined ? key.value.expiresAt : expiry.value,
      leastMacOctets: leastMac === undefined ? key.value.leastMacOctets : checked.value,
    }
    await saveKeySettings(trx, changed)
    const change: Change = {
      name: changed.name,
      by: settings.by,
      change: atOnce ? 'expired' : 'set',
      detail: describe(changed),
    }
    await recordChange(admin, trx, change)
    return done({ change, key: changed })
  })
  if (!set.ok) return set
  await announceChange(admin, set.value.change)
  return done(describeKey(set.value.key, now, await lastUses(admin.db)))
}

function describe({ expiresAt, leastMacOctets }: { expiresAt?: Date; leastMacOctets?: number }): string {
  return `expires ${expiresAt?.toISOString() ?? 'never'}, least MAC ${leastMacOctets ?? 'whole'}`
}
