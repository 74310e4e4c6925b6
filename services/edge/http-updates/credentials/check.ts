import { createHash, timingSafeEqual } from 'node:crypto'
import type { CatalogUpdateToken } from '../../../../shared/catalog.ts'
import { canonicalName, type Name, parseName } from '../../../../shared/dns/name.ts'
import { updateTokenHash } from '../../../../shared/update-token.ts'
import type { EdgeCatalog } from '../../catalog.ts'
import type { Claim } from './claim.ts'

/** Somebody whose password or token was right. */
export interface Authorized {
  readonly key: Name
  /** Id of the secret, where it was the key's own. */
  readonly secretId?: string
  /** Limits him to its names. */
  readonly token?: CatalogUpdateToken
}

type Credentials = Pick<EdgeCatalog, 'keysFor' | 'updateTokenFor'>

/** Stands in for the secret of a key that is not there, so that looking takes as long. */
const NOBODY = new Uint8Array(32)

/** The key, by a token of it or by its name and one of its live secrets as base64; undefined where neither is right. */
export function check({ user, password }: Claim, catalog: Credentials, now: number): Authorized | undefined {
  const token = catalog.updateTokenFor(updateTokenHash(password))
  const byToken = token !== undefined && isLive(token, catalog, now) ? token : undefined
  const byKey = checkSecret(user, password, catalog)
  return byToken === undefined ? byKey : { key: byToken.key, token: byToken }
}

/** A token ends with its key. */
function isLive({ key, expiresAt }: CatalogUpdateToken, catalog: Credentials, now: number): boolean {
  return (expiresAt === undefined || now < expiresAt) && catalog.keysFor(key).length > 0
}

function checkSecret(user: string, password: string, catalog: Credentials): Authorized | undefined {
  const name = parseName(user)
  const key = name.ok ? canonicalName(name.value) : undefined
  const given = digest(secretOctets(password))
  const live = key === undefined ? [] : catalog.keysFor(key)
  let found: Authorized | undefined
  for (const { secret, id } of live.length > 0 ? live : [{ secret: NOBODY, id: undefined }]) {
    const isRight = timingSafeEqual(given, digest(secret))
    if (isRight && live.length > 0) found = { key: key!, ...(id === undefined ? {} : { secretId: id }) }
  }
  return found
}

/** Base64 in any of its forms; of other text octets that are no secret. */
function secretOctets(text: string): Uint8Array {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : new Uint8Array()
}

function digest(octets: Uint8Array): Uint8Array {
  return createHash('sha256').update(octets).digest()
}
