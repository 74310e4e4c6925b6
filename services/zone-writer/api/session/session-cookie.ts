import type { MasterKeys } from '../../../../shared/secrets/master-keys.ts'
import { SecretError, seal } from '../../../../shared/secrets/sealed.ts'

/** After this time a browser has to sign in again; GET /v1/session begins it anew. */
export const SESSION_MS = 12 * 3_600_000

const COOKIE = 'zonelog-session'
const PURPOSE = 'console-session 1'

interface Session {
  readonly token: string
  /** Ms since the epoch. */
  readonly expiresAt: number
}

/**
 * The value of a cookie that stands for a token: sealed under the master key, so that every writer can open it and nobody else, and
 * nothing has to be stored. It is worth what the token is worth: a token that is revoked ends its sessions.
 */
export function sealSession(keys: MasterKeys, session: Session): string {
  const key = keys.present
  if (key === undefined) throw new SecretError('the master key is missing: nobody can sign in by a browser')
  const clear = Buffer.from(JSON.stringify(session), 'utf8')
  return Buffer.from(seal(key, PURPOSE, clear)).toString('base64url')
}

/** The token that a Cookie header stands for; undefined when it holds no session of ours, or one that has expired. */
export function tokenOfCookie(keys: MasterKeys, header: string | undefined, now: number): string | undefined {
  const value = cookieValue(header)
  if (value === undefined || value === '') return undefined
  try {
    const clear = keys.open(PURPOSE, Buffer.from(value, 'base64url'))
    const { token, expiresAt } = JSON.parse(Buffer.from(clear).toString('utf8')) as Session
    return expiresAt > now ? token : undefined
  } catch (error) {
    if (error instanceof SecretError) return undefined
    throw error
  }
}

/** A Set-Cookie header (RFC 6265); `secure` where the browser came by TLS. An empty value takes the cookie away. */
export function setCookie(value: string, secure: boolean): string {
  const age = value === '' ? 0 : SESSION_MS / 1_000
  return `${COOKIE}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
}

export function hasSessionCookie(header: string | undefined): boolean {
  return cookieValue(header) !== undefined
}

function cookieValue(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === COOKIE) return value
  }
  return undefined
}
