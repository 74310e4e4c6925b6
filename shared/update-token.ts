import { createHash, randomBytes } from 'node:crypto'

const TOKEN_OCTETS = 20

/** Hexadecimal: old routers send what is not letters and digits in ways of their own. */
export function newUpdateToken(): string {
  return randomBytes(TOKEN_OCTETS).toString('hex')
}

/** By what a token is known; it is never stored itself. Hexadecimal. A token has 160 random bits, so a plain hash gives nothing away. */
export function updateTokenHash(token: string): string {
  return createHash('sha256').update(`zonelog update token ${token}`).digest('hex')
}
