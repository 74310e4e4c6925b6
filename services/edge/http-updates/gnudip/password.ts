import { createHash, timingSafeEqual } from 'node:crypto'
import { canonicalName, parseName } from '../../../../shared/dns/name.ts'
import type { TsigKey } from '../../../../shared/dns/tsig.ts'
import type { EdgeCatalog } from '../../catalog.ts'
import type { Authorized } from '../credentials/check.ts'

/** What a client sends in place of its password: MD5 of the password's MD5 and the salt, in hex. Tokens, of which only a hash is known here, cannot be used so. */
export function saltedDigest(password: string, salt: string): string {
  return md5(`${md5(password)}.${salt}`)
}

function md5(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex')
}

/** Stands in for the secret of a key that is not there, so that looking takes as long. */
const NOBODY: Pick<TsigKey, 'secret' | 'id'> = { secret: new Uint8Array(32) }

/** The key of that name, one of whose live secrets as base64 is the password. */
export function checkSalted(
  { user, digest, salt }: { readonly user: string; readonly digest: string; readonly salt: string },
  keys: Pick<EdgeCatalog, 'keysFor'>,
): Authorized | undefined {
  const name = parseName(user)
  const key = name.ok ? canonicalName(name.value) : undefined
  const live = key === undefined ? [] : keys.keysFor(key)
  const given = octets(digest)
  let found: Authorized | undefined
  for (const { secret, id } of live.length > 0 ? live : [NOBODY]) {
    const isRight = timingSafeEqual(given, octets(saltedDigest(Buffer.from(secret).toString('base64'), salt)))
    if (isRight && live.length > 0) found = { key: key!, ...(id === undefined ? {} : { secretId: id }) }
  }
  return found
}

const DIGEST_OCTETS = 16

/** Of anything else than 32 hexadecimal digits, octets that are no digest of anybody's password. */
function octets(digest: string): Uint8Array {
  return /^[0-9a-f]{32}$/i.test(digest) ? Buffer.from(digest, 'hex') : Buffer.alloc(DIGEST_OCTETS)
}
