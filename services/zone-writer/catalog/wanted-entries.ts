import {
  type CatalogSecret,
  type CatalogZone,
  encodeCatalogKey,
  encodeCatalogSig0Key,
  encodeCatalogUpdateToken,
  encodeCatalogZone,
  keyEntryKey,
  sig0EntryKey,
  updateTokenEntryKey,
  zoneEntryKey,
} from '../../../shared/catalog.ts'
import { encodeCatalogMeta, META_ENTRY_KEY } from '../../../shared/catalog-meta.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { readSig0Key } from '../../../shared/dns/sig0.ts'
import { TSIG_ALGORITHMS } from '../../../shared/dns/tsig.ts'
import { type AddressRange, parseRange } from '../../../shared/rules/address-range.ts'
import { parseRule } from '../../../shared/rules/parse-rule.ts'
import {
  DEFAULT_TRANSFERS,
  readTransfers,
  type TransferSettings,
} from '../../../shared/transfers/transfer-settings.ts'
import type { Rate } from '../../../shared/zone-settings.ts'
import { endOf, liveSecrets } from '../admin/keys/key-life.ts'
import { allZones, type Db, findZoneById, inSnapshot, type ZoneSummary } from '../store/admin-zones.ts'
import { allKeys, findKey, type StoredKey } from '../store/keys.ts'
import { findMasterKeyCheck } from '../store/master-key-check.ts'
import { loadRules } from '../store/rules.ts'
import { allSig0Keys, findSig0Key, type StoredSig0Key } from '../store/sig0-keys.ts'
import { loadTransfers } from '../store/transfers.ts'
import { findUpdateToken, type StoredUpdateToken, updateTokens } from '../store/update-tokens.ts'
import { loadUpdateRates } from '../store/zones.ts'

/** A newer writer stored what this one cannot read: while both run, the newer one publishes it. */
export const NOT_OURS = Symbol('not ours')

/** The text of an entry; undefined when there should be none. */
export type Wanted = string | undefined | typeof NOT_OURS

/** What the bucket should hold for every zone and key, and beside them, by entry key; all of one moment. */
export async function wantedEntries(db: Db, partitions: number, now: number): Promise<Map<string, Wanted>> {
  return await inSnapshot(db, async (trx) => {
    const zones = await allZones(trx)
    const ids = zones.map((zone) => zone.id)
    const rules = await loadRules(trx, ids)
    const wanted = new Map<string, Wanted>()
    const transfers = await loadTransfers(trx, ids)
    const rates = await loadUpdateRates(trx, ids)
    for (const zone of zones)
      wanted.set(
        zoneEntryKey(zone.id),
        zoneEntry(zone, rules.get(zone.id) ?? [], rates.get(zone.id), transfers.get(zone.id)),
      )
    for (const key of await allSig0Keys(trx)) wanted.set(sig0EntryKey(key.name), sig0KeyEntry(key))
    for (const key of await allKeys(trx)) wanted.set(keyEntryKey(key.name), keyEntry(key, now))
    for (const token of await updateTokens(trx)) wanted.set(updateTokenEntryKey(token.id), tokenEntry(token))
    // last: a bucket without it is one that is still being filled
    const masterKeyCheck = await findMasterKeyCheck(trx)
    if (masterKeyCheck !== undefined)
      wanted.set(META_ENTRY_KEY, encodeCatalogMeta({ masterKeyCheck, partitions }))
    return wanted
  })
}

export async function wantedZoneEntry(db: Db, zoneId: number): Promise<Wanted> {
  return await inSnapshot(db, async (trx) => {
    const zone = await findZoneById(trx, zoneId)
    const rules = await loadRules(trx, [zoneId])
    const transfers = await loadTransfers(trx, [zoneId])
    const rates = await loadUpdateRates(trx, [zoneId])
    return zone && zoneEntry(zone, rules.get(zoneId) ?? [], rates.get(zoneId), transfers.get(zoneId))
  })
}

export async function wantedKeyEntry(db: Db, name: Name, now: number): Promise<Wanted> {
  const key = await findKey(db, name)
  return key && keyEntry(key, now)
}

export async function wantedSig0KeyEntry(db: Db, name: Name): Promise<Wanted> {
  const key = await findSig0Key(db, name)
  return key && sig0KeyEntry(key)
}

export async function wantedUpdateTokenEntry(db: Db, id: number): Promise<Wanted> {
  const token = await findUpdateToken(db, id)
  return token && tokenEntry(token)
}

function tokenEntry({
  id,
  name,
  key,
  hash,
  names,
  expiresAt,
  leaseSeconds,
  allowFrom,
}: StoredUpdateToken): Wanted {
  const ranges: AddressRange[] = []
  for (const text of allowFrom) {
    const range = parseRange(text)
    if (!range.ok) return NOT_OURS
    ranges.push(range.value)
  }
  const ends = expiresAt === undefined ? {} : { expiresAt: expiresAt.getTime() }
  const leased = leaseSeconds === undefined ? {} : { leaseSeconds }
  const from = ranges.length === 0 ? {} : { allowFrom: ranges }
  return encodeCatalogUpdateToken({ id, name, key, hash, names, ...ends, ...leased, ...from })
}

function zoneEntry(
  { id, name }: ZoneSummary,
  texts: readonly string[],
  updateRate: Rate | undefined,
  transfers: TransferSettings = DEFAULT_TRANSFERS,
): Wanted {
  const rules: CatalogZone['rules'][number][] = []
  for (const text of texts) {
    const rule = parseRule(text, name)
    if (!rule.ok) return NOT_OURS
    rules.push(rule.value)
  }
  return encodeCatalogZone({
    id,
    name,
    rules,
    ...(updateRate === undefined ? {} : { updateRate }),
    transfers: readTransfers(transfers),
  })
}

function sig0KeyEntry({ name, rdata }: StoredSig0Key): Wanted {
  return readSig0Key(name, rdata).ok ? encodeCatalogSig0Key({ name, rdata }) : NOT_OURS
}

/** None for a key of which nothing lives: an edge knows it as little as one that never was. */
function keyEntry(key: StoredKey, now: number): Wanted {
  const secrets: CatalogSecret[] = []
  for (const secret of liveSecrets(key, now)) {
    const algorithm = TSIG_ALGORITHMS.find((known) => known === secret.algorithm)
    if (algorithm === undefined) return NOT_OURS
    const expiresAt = endOf(key, secret)?.getTime()
    const { id, sealed } = secret
    secrets.push({ id, algorithm, sealed: sealed!, ...(expiresAt === undefined ? {} : { expiresAt }) })
  }
  if (secrets.length === 0) return undefined
  const { name, leastMacOctets } = key
  return encodeCatalogKey({ name, ...(leastMacOctets === undefined ? {} : { leastMacOctets }), secrets })
}
