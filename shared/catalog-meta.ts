import { ConfigError } from './config.ts'
import { UnreadablePayload } from './events/binary.ts'
import { type MasterKey, seal } from './secrets/sealed.ts'

/** One catalog entry beside the zones and keys: lets an edge know at once whether its master key is that of the writers. */
export const META_ENTRY_KEY = 'meta'
export const CATALOG_META_VERSION = 1

const PURPOSE = 'master-key-check'

export interface CatalogMeta {
  readonly masterKeyCheck: Uint8Array
  /** Partitions of the command stream: an edge that counts otherwise would send where nobody listens. */
  readonly partitions: number
}

export function encodeCatalogMeta(meta: CatalogMeta): string {
  const masterKeyCheck = Buffer.from(meta.masterKeyCheck).toString('base64')
  return JSON.stringify({ version: CATALOG_META_VERSION, masterKeyCheck, partitions: meta.partitions })
}

/** Throws {@link UnreadablePayload} for another version. */
export function decodeCatalogMeta(json: string): CatalogMeta {
  const value = JSON.parse(json) as { version: number; masterKeyCheck: string; partitions: number }
  if (value.version !== CATALOG_META_VERSION)
    throw new UnreadablePayload(
      `catalog meta entry of version ${value.version}, this program reads ${CATALOG_META_VERSION}`,
    )
  return { masterKeyCheck: Buffer.from(value.masterKeyCheck, 'base64'), partitions: value.partitions }
}

/** Throws a {@link ConfigError} when this process counts partitions otherwise than the others do. */
export function checkPartitions(ours: number, theirs: number): void {
  if (ours === theirs) return
  throw new ConfigError(
    `ZONELOG_PARTITIONS is ${ours} here, but ${theirs} at the writers that run: it must be the same for every edge and writer`,
  )
}

/** A text that only the master key opens. It holds nothing secret. */
export function sealMasterKeyCheck(key: MasterKey): Uint8Array {
  return seal(key, PURPOSE, Buffer.from('zonelog'))
}
