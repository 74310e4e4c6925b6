import type { CatalogKey, CatalogSig0Key, CatalogZone } from '../../../../shared/catalog.ts'
import { Type } from '../../../../shared/dns/codes.ts'
import { nameOf } from '../../../../shared/dns/name.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { markCatalog } from '../../store/catalog-members.ts'
import { continueIds, insertRestoredKey, putMasterKeyCheck } from '../../store/restore.ts'
import { loadRRsets } from '../../store/rrsets.ts'
import { replaceRules } from '../../store/rules.ts'
import { insertSig0Key } from '../../store/sig0-keys.ts'
import { saveTransfers } from '../../store/transfers.ts'
import { saveSettings } from '../../store/zones.ts'
import type { CatalogEntries } from './catalog-entries.ts'

/** Keys of both kinds, and the text that only the right master key opens. */
export async function restoreKeys(
  trx: DbTransaction,
  { keys, sig0Keys, masterKeyCheck }: CatalogEntries,
  at: Date,
): Promise<void> {
  if (masterKeyCheck !== undefined) await putMasterKeyCheck(trx, masterKeyCheck)
  for (const key of keys) await restoreKey(trx, key, at)
  for (const key of sig0Keys) await restoreSig0Key(trx, key, at)
  if (keys.length > 0) await continueIds(trx, 'tsig_secret', 1)
}

async function restoreKey(trx: DbTransaction, key: CatalogKey, at: Date): Promise<void> {
  const secrets = key.secrets.map(({ expiresAt, ...secret }) => ({
    ...secret,
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
  }))
  await insertRestoredKey(trx, { name: key.name, leastMacOctets: key.leastMacOctets ?? null, secrets }, at)
}

async function restoreSig0Key(trx: DbTransaction, { name, rdata }: CatalogSig0Key, at: Date): Promise<void> {
  await insertSig0Key(trx, { name, rdata, createdAt: at, createdBy: 'system' })
}

/** Rules, transfers and the limit of updates of a zone, as edges know them. */
export async function restoreSettings(trx: DbTransaction, zone: CatalogZone, at: Date): Promise<void> {
  const { id, rules, transfers, updateRate } = zone
  if (rules.length > 0)
    await replaceRules(trx, id, {
      at,
      by: 'system',
      change: 'replaced',
      detail: 'rebuilt from the catalog in NATS',
      rules: rules.map(({ text }) => text),
    })
  if (transfers !== undefined) await saveTransfers(trx, id, transfers.settings)
  if (updateRate !== undefined) await saveSettings(trx, id, { maxUpdatesPerIdentity: updateRate })
}

/** RFC 9432 §3 and §4.2.1: such a zone tells its version, and has no name servers. What is one must be kept by zonelog again. */
export async function restoreCatalogMark(trx: DbTransaction, { id, name }: CatalogZone): Promise<boolean> {
  const version = nameOf(`version.${name}`)
  const found = await loadRRsets(trx, [id, id], [name, version])
  const has = (type: number, text: string) =>
    found.some(
      ({ rrset }) =>
        rrset.type === type && rrset.rdata.some((rdata) => Buffer.from(rdata).toString('latin1') === text),
    )
  if (!has(Type.TXT, '\x012') || !has(Type.NS, '\x07invalid\x00')) return false
  await markCatalog(trx, id)
  return true
}
