import type { StoredKey, StoredSecret } from '../../store/keys.ts'

/** `active`: the newest that lives; `retiring`: an older one that lives on for a while after a rotation. */
export type SecretState = 'active' | 'retiring' | 'expired' | 'revoked'

/** A verification may have to try each. */
export const MOST_LIVE_SECRETS = 4
/** Of those that are no more, so that somebody can see who still uses them. */
const DEAD_SECRETS_KEPT = 5

/** When a secret ends: by itself, or with its key. Undefined for never. */
export function endOf(key: StoredKey, secret: StoredSecret): Date | undefined {
  const ends = [key.expiresAt, secret.expiresAt].filter((end) => end !== undefined)
  return ends.toSorted((a, b) => a.getTime() - b.getTime())[0]
}

export function isLive(key: StoredKey, secret: StoredSecret, now: number): boolean {
  const end = endOf(key, secret)
  return secret.sealed !== undefined && (end === undefined || end.getTime() > now)
}

/** Newest first. */
export function liveSecrets(key: StoredKey, now: number): StoredSecret[] {
  return key.secrets.filter((secret) => isLive(key, secret, now))
}

export function secretState(key: StoredKey, secret: StoredSecret, now: number): SecretState {
  if (secret.revokedAt !== undefined) return 'revoked'
  if (!isLive(key, secret, now)) return 'expired'
  return liveSecrets(key, now)[0] === secret ? 'active' : 'retiring'
}

/** The oldest of those that are no more, beyond the ones that are kept. */
export function forgettable(key: StoredKey, now: number): StoredSecret[] {
  return key.secrets.filter((secret) => !isLive(key, secret, now)).slice(DEAD_SECRETS_KEPT)
}
