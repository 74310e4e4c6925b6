import type { KeyDescription, SecretDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { atTime } from '../time.ts'

/** What is known of a key, a line a fact. */
export function keyFacts(key: KeyDescription): [string, string][] {
  return [
    ['key', key.name],
    ['kind', key.kind],
    ['state', key.state],
    ['created', `${atTime(key.createdAt)} UTC by ${key.createdBy || 'an older zonelog'}`],
    ['expires', key.expiresAt === null ? 'never' : `${atTime(key.expiresAt)} UTC`],
    ...(key.publicKey === null
      ? [['least MAC', key.leastMac === null ? 'whole' : `${key.leastMac} octets`] as [string, string]]
      : [['public key', key.publicKey] as [string, string]]),
    ...key.secrets.map((secret): [string, string] => [`secret ${secret.id}`, secretText(secret)]),
  ]
}

/** `hmac-sha256, retiring until …`. */
export function secretText(secret: SecretDescription): string {
  const { algorithm, state, createdAt, expiresAt, revokedAt } = secret
  return `${algorithm}, created ${atTime(createdAt)}, ${state}${endText(state, expiresAt, revokedAt)}, ${usedText(secret)}`
}

function usedText({ lastUsedAt }: SecretDescription): string {
  return lastUsedAt === null ? 'never used' : `last used ${atTime(lastUsedAt)}`
}

function endText(
  state: SecretDescription['state'],
  expiresAt: string | null,
  revokedAt: string | null,
): string {
  if (state === 'revoked') return ` ${atTime(revokedAt!)}`
  if (expiresAt === null) return ''
  return `${state === 'expired' ? '' : ' until'} ${atTime(expiresAt)}`
}
