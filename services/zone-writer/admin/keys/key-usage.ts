import type { Name } from '../../../../shared/dns/name.ts'
import type { Db } from '../../store/admin-zones.ts'
import { type StoredUse, usesOfKey } from '../../store/key-usage.ts'
import type { StoredKey } from '../../store/keys.ts'
import { done, type Outcome } from '../failure.ts'
import { type SecretState, secretState } from './key-life.ts'
import { keyNamed } from './key-named.ts'

/** What one address signed with one secret. */
export interface KeyUseDescription {
  readonly secret: number
  readonly state: SecretState
  /** `others` for addresses that are summed up. */
  readonly source: string
  readonly firstAt: string
  readonly lastAt: string
  /** Messages. */
  readonly count: number
  /** Of an old secret: when the same address first used the newest one; null while it has not. */
  readonly usesNewestSince: string | null
}

export interface KeyUsage {
  readonly name: Name
  /** Id of the newest secret. */
  readonly newest: number
  readonly uses: readonly KeyUseDescription[]
}

/** Who signs with a key, newest first; with `old` only what was signed with another secret than its newest since that is there. */
export async function keyUsage(db: Db, text: string, old: boolean, now: number): Promise<Outcome<KeyUsage>> {
  const key = await keyNamed(db, text)
  if (!key.ok) return key
  const newest = key.value.secrets[0]!
  const uses = await usesOfKey(db, key.value.name)
  const shown = uses.filter((use) => !old || (use.secretId !== newest.id && use.lastAt > newest.createdAt))
  return done({
    name: key.value.name,
    newest: newest.id,
    uses: shown.map((use) => describe(key.value, use, uses, now)),
  })
}

function describe(key: StoredKey, use: StoredUse, all: readonly StoredUse[], now: number): KeyUseDescription {
  const newest = key.secrets[0]!.id
  const secret = key.secrets.find(({ id }) => id === use.secretId)!
  const moved = all.find(({ secretId, source }) => secretId === newest && source === use.source)
  return {
    secret: use.secretId,
    state: secretState(key, secret, now),
    source: use.source,
    firstAt: use.firstAt.toISOString(),
    lastAt: use.lastAt.toISOString(),
    count: use.count,
    usesNewestSince: use.secretId === newest ? null : (moved?.firstAt.toISOString() ?? null),
  }
}
