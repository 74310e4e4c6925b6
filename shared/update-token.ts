import { createHash } from 'node:crypto'

/** By what a token is known; it is never stored itself. Hexadecimal. A token has 160 random bits, so a plain hash gives nothing away. */
export function updateTokenHash(token: string): string {
  return createHash('sha256').update(`zonelog update token ${token}`).digest('hex')
}
