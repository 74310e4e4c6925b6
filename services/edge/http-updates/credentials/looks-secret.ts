import { canonicalName, parseName } from '../../../../shared/dns/name.ts'
import { equalOctets } from '../../../../shared/dns/octets.ts'
import { updateTokenHash } from '../../../../shared/update-token.ts'
import type { EdgeCatalog } from '../../catalog.ts'

type Credentials = Pick<EdgeCatalog, 'keysFor' | 'keyNames' | 'updateTokenFor'>

/** Base64 in any of its forms, long enough to be compared. */
const BASE64 = /^[A-Za-z0-9+/_-]{8,}={0,2}$/
/** Of 128 bits and more. */
const LEAST_RANDOM = 22

/**
 * Whether a user name is a token or a secret that stands in the wrong field, or might be one: no such thing may be written down. Names of keys
 * are none.
 */
export function looksSecret(user: string, catalog: Credentials): boolean {
  if (user === '') return false
  const name = parseName(user)
  if (name.ok && catalog.keysFor(canonicalName(name.value)).length > 0) return false
  if (catalog.updateTokenFor(updateTokenHash(user)) !== undefined) return true
  if (!BASE64.test(user)) return false
  // words and what joins them are no random text
  return (user.length >= LEAST_RANDOM && /[A-Z0-9+/=]/.test(user)) || isLiveSecret(user, catalog)
}

function isLiveSecret(user: string, catalog: Credentials): boolean {
  const octets = Buffer.from(user, 'base64')
  for (const name of catalog.keyNames())
    if (catalog.keysFor(name).some(({ secret }) => equalOctets(secret, octets))) return true
  return false
}
