import { type Name, nameOf } from './dns/name.ts'
import { readSig0Key, type Sig0Key } from './dns/sig0.ts'
import { TSIG_ALGORITHMS, type TsigAlgorithm } from './dns/tsig.ts'
import { UnreadablePayload } from './events/binary.ts'
import { type AddressRange, parseRange } from './rules/address-range.ts'
import { parseRule } from './rules/parse-rule.ts'
import type { UpdateRule } from './rules/update-rule.ts'
import {
  DEFAULT_TRANSFERS,
  readTransfers,
  type TransferSettings,
  type ZoneTransfers,
} from './transfers/transfer-settings.ts'
import type { Rate } from './zone-settings.ts'

/** What edges know of zones and keys. Kept in a NATS bucket, one entry a zone or key; edges watch it. */
export const CATALOG_VERSION = 1

export interface CatalogZone {
  readonly id: number
  readonly name: Name
  readonly rules: readonly UpdateRule[]
  /** Left out by writers that know nothing of transfers: then nobody may, and only NS hosts are told. */
  readonly transfers?: ZoneTransfers
  /** How many updates one identity may send to one edge; any unless given. */
  readonly updateRate?: Rate
  /** Why the zone's rules cannot be read here: then nobody may update it through this edge, and queries go on. */
  readonly unreadable?: string
}

export interface CatalogKey {
  readonly name: Name
  /** The shortest MAC that is accepted, in octets; a whole one unless given. */
  readonly leastMacOctets?: number
  /** Those that live, newest first; at least one. */
  readonly secrets: readonly CatalogSecret[]
}

export interface CatalogSecret {
  readonly id: number
  readonly algorithm: TsigAlgorithm
  /** Sealed under the master key for `tsigSecretPurpose(name)`. */
  readonly sealed: Uint8Array
  /** When it ends, ms since the epoch; never unless given. */
  readonly expiresAt?: number
}

/** A token for HTTP updates: stands for its key, and for these names only. */
export interface CatalogUpdateToken {
  readonly id: number
  /** What its owner calls it. */
  readonly name: string
  readonly key: Name
  /** Of the token, hexadecimal; see shared/update-token.ts. */
  readonly hash: string
  readonly names: readonly Name[]
  /** When it ends, ms since the epoch; never unless given. */
  readonly expiresAt?: number
  /** From where it may be used; everywhere unless given. */
  readonly allowFrom?: readonly AddressRange[]
  /** The lease that its updates ask for where a request does not say, in seconds; none unless given. */
  readonly leaseSeconds?: number
}

export function zoneEntryKey(zoneId: number): string {
  return `zone.${zoneId}`
}

/** Key names may hold any octets; bucket keys may not. */
export function keyEntryKey(name: Name): string {
  return `key.${Buffer.from(name, 'utf8').toString('hex')}`
}

export function sig0EntryKey(name: Name): string {
  return `sig0.${Buffer.from(name, 'utf8').toString('hex')}`
}

export function updateTokenEntryKey(id: number): string {
  return `token.${id}`
}

export function encodeCatalogUpdateToken(token: CatalogUpdateToken): string {
  const { allowFrom, ...rest } = token
  const ranges = allowFrom === undefined ? {} : { allowFrom: allowFrom.map(({ text }) => text) }
  return JSON.stringify({ version: CATALOG_VERSION, ...rest, ...ranges })
}

type UpdateTokenJson = Omit<CatalogUpdateToken, 'allowFrom'> & { readonly allowFrom?: readonly string[] }

/** Throws {@link UnreadablePayload} for another version, or a range that this program cannot read. */
export function decodeCatalogUpdateToken(json: string): CatalogUpdateToken {
  const { id, name, key, hash, names, expiresAt, leaseSeconds, allowFrom } = versioned<UpdateTokenJson>(json)
  return {
    id,
    name,
    key: nameOf(key),
    hash,
    names: names.map(nameOf),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(allowFrom === undefined ? {} : { allowFrom: allowFrom.map(rangeOf) }),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
  }
}

function rangeOf(text: string): AddressRange {
  const range = parseRange(text)
  if (range.ok) return range.value
  throw new UnreadablePayload(range.reason)
}

export function encodeCatalogZone(zone: CatalogZone): string {
  return JSON.stringify({
    version: CATALOG_VERSION,
    id: zone.id,
    name: zone.name,
    rules: zone.rules.map((rule) => rule.text),
    ...(zone.updateRate === undefined ? {} : { updateRate: zone.updateRate }),
    ...(zone.transfers === undefined ? {} : { transfers: zone.transfers.settings }),
  })
}

interface CatalogZoneJson {
  readonly id: number
  readonly name: string
  readonly rules: readonly string[]
  readonly updateRate?: Rate
  readonly transfers?: Partial<TransferSettings>
}

/** Throws {@link UnreadablePayload} for another version. A rule that this program cannot read is not guessed at. */
export function decodeCatalogZone(json: string): CatalogZone {
  const { id, name, rules: texts, updateRate, transfers } = versioned<CatalogZoneJson>(json)
  const zone = {
    id,
    name: nameOf(name),
    ...(updateRate === undefined ? {} : { updateRate }),
    ...(transfers === undefined ? {} : { transfers: readTransfers({ ...DEFAULT_TRANSFERS, ...transfers }) }),
  }
  const rules: UpdateRule[] = []
  for (const text of texts) {
    const rule = parseRule(text, zone.name)
    if (!rule.ok) return { ...zone, rules: [], unreadable: `an update rule cannot be read: ${rule.reason}` }
    rules.push(rule.value)
  }
  return { ...zone, rules }
}

/** `algorithm` and `sealed` beside the list are for programs that know of one secret only: the newest. */
export function encodeCatalogKey({ name, leastMacOctets, secrets }: CatalogKey): string {
  const sealed = secrets.map((secret) => ({
    ...secret,
    sealed: Buffer.from(secret.sealed).toString('base64'),
  }))
  const newest = sealed[0]!
  return JSON.stringify({
    version: CATALOG_VERSION,
    name,
    algorithm: newest.algorithm,
    sealed: newest.sealed,
    leastMacOctets,
    secrets: sealed,
  })
}

/** A public key of SIG(0): nothing in it is secret. */
export interface CatalogSig0Key {
  readonly name: Name
  /** Of its KEY record. */
  readonly rdata: Uint8Array
}

export function encodeCatalogSig0Key({ name, rdata }: CatalogSig0Key): string {
  return JSON.stringify({
    version: CATALOG_VERSION,
    name,
    rdata: Buffer.from(rdata).toString('base64'),
  })
}

/** The entry as it was encoded. Throws {@link UnreadablePayload} for another version. */
export function readCatalogSig0Entry(json: string): CatalogSig0Key {
  const { name, rdata } = versioned<{ name: string; rdata: string }>(json)
  return { name: nameOf(name), rdata: Buffer.from(rdata, 'base64') }
}

/** Throws {@link UnreadablePayload} for another version, or a key that this program cannot verify with. */
export function decodeCatalogSig0Key(json: string): Sig0Key {
  const { name, rdata } = readCatalogSig0Entry(json)
  const key = readSig0Key(name, rdata)
  if (!key.ok) throw new UnreadablePayload(`key ${name}: ${key.reason}`)
  return key.value
}

interface KeyJson {
  readonly name: string
  readonly algorithm: string
  readonly sealed: string
  readonly leastMacOctets?: number
  readonly secrets?: readonly { id: number; algorithm: string; sealed: string; expiresAt?: number }[]
}

/** Throws {@link UnreadablePayload} for another version or an unknown algorithm. */
export function decodeCatalogKey(json: string): CatalogKey {
  const key = versioned<KeyJson>(json)
  const { secrets = [{ id: 0, algorithm: key.algorithm, sealed: key.sealed }], leastMacOctets } = key
  return {
    name: nameOf(key.name),
    ...(leastMacOctets === undefined ? {} : { leastMacOctets }),
    secrets: secrets.map((secret) => ({
      ...secret,
      algorithm: knownAlgorithm(key.name, secret.algorithm),
      sealed: Buffer.from(secret.sealed, 'base64'),
    })),
  }
}

function knownAlgorithm(name: string, text: string): TsigAlgorithm {
  const known = TSIG_ALGORITHMS.find((candidate) => candidate === text)
  if (known !== undefined) return known
  throw new UnreadablePayload(`key ${name}: unknown algorithm ${text}`)
}

function versioned<T>(json: string): T {
  const value = JSON.parse(json) as { version: number } & T
  if (value.version !== CATALOG_VERSION)
    throw new UnreadablePayload(
      `catalog entry of version ${value.version}, this program reads ${CATALOG_VERSION}`,
    )
  return value
}
