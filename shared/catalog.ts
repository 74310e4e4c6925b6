import { type Name, nameOf } from './dns/name.ts'
import { TSIG_ALGORITHMS, type TsigAlgorithm } from './dns/tsig.ts'
import { UnreadablePayload } from './events/binary.ts'
import { parseRule, type UpdateRule } from './rules/update-rule.ts'

/** What edges know of zones and keys. Kept in a NATS bucket, one entry a zone or key; edges watch it. */
export const CATALOG_VERSION = 1

export interface CatalogZone {
  readonly id: number
  readonly name: Name
  readonly rules: readonly UpdateRule[]
}

export interface CatalogKey {
  readonly name: Name
  readonly algorithm: TsigAlgorithm
  /** Sealed under the master key for `tsigSecretPurpose(name)`. */
  readonly sealedSecret: Uint8Array
}

export function zoneEntryKey(zoneId: number): string {
  return `zone.${zoneId}`
}

/** Key names may hold any octets; bucket keys may not. */
export function keyEntryKey(name: Name): string {
  return `key.${Buffer.from(name, 'utf8').toString('hex')}`
}

export function encodeCatalogZone(zone: CatalogZone): string {
  return JSON.stringify({
    version: CATALOG_VERSION,
    id: zone.id,
    name: zone.name,
    rules: zone.rules.map((rule) => rule.text),
  })
}

/** Throws {@link UnreadablePayload} for another version or a rule that this program cannot read: it must not guess. */
export function decodeCatalogZone(json: string): CatalogZone {
  const { id, name, rules } = versioned<{ id: number; name: string; rules: string[] }>(json)
  return {
    id,
    name: nameOf(name),
    rules: rules.map((text) => {
      const rule = parseRule(text)
      if (!rule.ok) throw new UnreadablePayload(`rule of ${name}: ${rule.reason}`)
      return rule.value
    }),
  }
}

export function encodeCatalogKey(key: CatalogKey): string {
  const sealed = Buffer.from(key.sealedSecret).toString('base64')
  return JSON.stringify({ version: CATALOG_VERSION, name: key.name, algorithm: key.algorithm, sealed })
}

/** Throws {@link UnreadablePayload} for another version or an unknown algorithm. */
export function decodeCatalogKey(json: string): CatalogKey {
  const { name, algorithm, sealed } = versioned<{ name: string; algorithm: string; sealed: string }>(json)
  const known = TSIG_ALGORITHMS.find((candidate) => candidate === algorithm)
  if (known === undefined) throw new UnreadablePayload(`key ${name}: unknown algorithm ${algorithm}`)
  return { name: nameOf(name), algorithm: known, sealedSecret: Buffer.from(sealed, 'base64') }
}

function versioned<T>(json: string): T {
  const value = JSON.parse(json) as { version: number } & T
  if (value.version !== CATALOG_VERSION)
    throw new UnreadablePayload(
      `catalog entry of version ${value.version}, this program reads ${CATALOG_VERSION}`,
    )
  return value
}
