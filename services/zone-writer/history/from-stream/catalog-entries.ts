import type { NatsConnection } from 'nats'
import {
  type CatalogKey,
  type CatalogSig0Key,
  type CatalogZone,
  decodeCatalogKey,
  decodeCatalogZone,
  readCatalogSig0Entry,
} from '../../../../shared/catalog.ts'
import { decodeCatalogMeta, META_ENTRY_KEY } from '../../../../shared/catalog-meta.ts'
import { isNotFound } from '../../../../shared/messaging/streams.ts'
import { CatalogBucket } from '../../catalog/bucket.ts'

/** What the catalog in NATS says of zones and keys. */
export interface CatalogEntries {
  readonly zones: readonly CatalogZone[]
  readonly keys: readonly CatalogKey[]
  readonly sig0Keys: readonly CatalogSig0Key[]
  readonly masterKeyCheck: Uint8Array | undefined
  /** A sentence for each entry that cannot be read. */
  readonly doubts: readonly string[]
}

/** Empty where NATS has no catalog. */
export async function readCatalog(nats: NatsConnection): Promise<CatalogEntries> {
  const zones: CatalogZone[] = []
  const keys: CatalogKey[] = []
  const sig0Keys: CatalogSig0Key[] = []
  const doubts: string[] = []
  let masterKeyCheck: Uint8Array | undefined
  for (const [key, { text }] of await entries(nats)) {
    if (text === undefined) continue
    try {
      if (key === META_ENTRY_KEY) masterKeyCheck = decodeCatalogMeta(text).masterKeyCheck
      else if (key.startsWith('zone.')) zones.push(decodeCatalogZone(text))
      else if (key.startsWith('key.')) keys.push(decodeCatalogKey(text))
      else if (key.startsWith('sig0.')) sig0Keys.push(readCatalogSig0Entry(text))
    } catch (error) {
      doubts.push(`the entry ${key} of the catalog cannot be read: ${(error as Error).message}`)
    }
  }
  for (const { name, unreadable } of zones)
    if (unreadable !== undefined) doubts.push(`zone ${name}: ${unreadable}; it gets no rules`)
  return { zones, keys, sig0Keys, masterKeyCheck, doubts }
}

async function entries(nats: NatsConnection) {
  try {
    return await (await CatalogBucket.open(nats)).readAll()
  } catch (error) {
    if (isNotFound(error)) return new Map<string, { text: string | undefined }>()
    throw error
  }
}
