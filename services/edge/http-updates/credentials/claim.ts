import type { HttpRequest } from '../server/http-request.ts'

/** Who somebody says he is, not yet believed. */
export interface Claim {
  /** A key's name, or anything where the password is a token. */
  readonly user: string
  readonly password: string
}

/** RFC 7617: the user-pass of Basic authentication; undefined without one, or one that is not of that form. */
export function basicClaim({ headers }: HttpRequest): Claim | undefined {
  const encoded = /^basic +([a-z0-9+/_=-]+) *$/i.exec(headers.authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** As old clients do that know no authentication: in the parameters. */
export function parameterClaim({ params }: HttpRequest): Claim | undefined {
  const user = params.get('username') ?? params.get('user')
  const password = params.get('password') ?? params.get('pass')
  return user === null || password === null ? undefined : { user, password: fromQuery(password) }
}

/** RFC 6750 §2.1. */
export function bearerClaim({ headers }: HttpRequest): Claim | undefined {
  const token = /^(?:bearer|token) +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  return token === undefined ? undefined : { user: '', password: token }
}

/** Base64 that nobody has escaped: a plus sign of a query is a space. */
function fromQuery(text: string): string {
  return text.replaceAll(' ', '+')
}
