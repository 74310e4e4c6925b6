import type { Name } from '../../../../shared/dns/name.ts'
import type { Db } from '../../store/admin-zones.ts'
import { newestKeyChanges } from '../../store/key-changes.ts'
import { lastUses } from '../../store/key-usage.ts'
import { allKeys, type StoredKey } from '../../store/keys.ts'
import { allSig0Keys, findSig0Key } from '../../store/sig0-keys.ts'
import { type Access, ALL_SEEN } from '../access.ts'
import { done, type Outcome } from '../failure.ts'
import { readCanonicalName } from '../names.ts'
import { endOf, liveSecrets, type SecretState, secretState } from './key-life.ts'
import { keyNamed } from './key-named.ts'
import { usesOf } from './key-uses.ts'
import { keyLack } from './keys-seen.ts'
import { describeSig0Key } from './sig0-key.ts'

export interface SecretDescription {
  readonly id: number
  readonly algorithm: string
  readonly state: SecretState
  readonly createdAt: string
  readonly createdBy: string
  /** When it ends or has ended; null for never. */
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  /** When an edge last saw a right signature by it; null for never. */
  readonly lastUsedAt: string | null
}

/** A key as everybody may see it: a secret never leaves again. */
export interface KeyDescription {
  readonly name: Name
  /** A shared secret, or a public key that verifies SIG(0). */
  readonly kind: 'tsig' | 'sig0'
  /** Of the newest secret, or of the public key. */
  readonly algorithm: string
  /** `active` while a secret of it lives. */
  readonly state: 'active' | 'expired' | 'revoked'
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string | null
  /** The shortest MAC that is accepted, in octets; null for whole ones only. */
  readonly leastMac: number | null
  /** Newest first; none for a public key. */
  readonly secrets: readonly SecretDescription[]
  /** The KEY record; null for a shared secret. */
  readonly publicKey: string | null
}

export interface KeyDetails extends KeyDescription {
  /** Where zones name it. */
  readonly namedBy: readonly string[]
  /** Newest first. */
  readonly changes: readonly { at: string; by: string; change: string; detail: string }[]
}

const CHANGES_SHOWN = 50

export async function listKeys(db: Db, now: number): Promise<KeyDescription[]> {
  const [keys, used] = [await allKeys(db), await lastUses(db)]
  const tsig = keys.map((key) => describeKey(key, now, used))
  const sig0 = (await allSig0Keys(db)).map(describeSig0Key)
  return [...tsig, ...sig0].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** One key, with what the reader may know of it: of a key that others have a right to, only what is the reader's own. */
export async function showKey(
  db: Db,
  name: string,
  now: number,
  reader: Access = ALL_SEEN,
): Promise<Outcome<KeyDetails>> {
  const described = await describeNamed(db, name, now)
  if (!described.ok) return described
  const key = described.value
  const isWhole = (await keyLack(db, reader, name, 'see-whole')) === undefined
  const changes = (await newestKeyChanges(db, key.name, CHANGES_SHOWN)).filter(
    ({ by }) => isWhole || by === `api:${reader.token}`,
  )
  return done({
    ...key,
    namedBy: (await usesOf(db, key.name, reader)).map(({ message }) => message),
    changes: changes.map((change) => ({ ...change, at: change.at.toISOString() })),
  })
}

async function describeNamed(db: Db, text: string, now: number): Promise<Outcome<KeyDescription>> {
  const name = readCanonicalName(text, 'key')
  if (!name.ok) return name
  const sig0 = await findSig0Key(db, name.value)
  if (sig0 !== undefined) return done(describeSig0Key(sig0))
  const key = await keyNamed(db, text)
  return key.ok ? done(describeKey(key.value, now, await lastUses(db))) : key
}

export function describeKey(key: StoredKey, now: number, used: ReadonlyMap<number, Date>): KeyDescription {
  const newest = key.secrets[0]!
  const lives = liveSecrets(key, now).length > 0
  const revoked = key.secrets.every((secret) => secret.revokedAt !== undefined)
  return {
    name: key.name,
    kind: 'tsig',
    algorithm: newest.algorithm,
    state: lives ? 'active' : revoked ? 'revoked' : 'expired',
    createdAt: key.createdAt.toISOString(),
    createdBy: key.createdBy,
    expiresAt: key.expiresAt?.toISOString() ?? null,
    leastMac: key.leastMacOctets ?? null,
    secrets: key.secrets.map((secret) => ({
      id: secret.id,
      algorithm: secret.algorithm,
      state: secretState(key, secret, now),
      createdAt: secret.createdAt.toISOString(),
      createdBy: secret.createdBy,
      expiresAt: endOf(key, secret)?.toISOString() ?? null,
      revokedAt: secret.revokedAt?.toISOString() ?? null,
      lastUsedAt: used.get(secret.id)?.toISOString() ?? null,
    })),
    publicKey: null,
  }
}
