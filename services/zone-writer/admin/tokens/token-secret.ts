import { createHash, randomBytes } from 'node:crypto'

/** Tells by its beginning what it is, for programs that look for secrets where none should be. */
export function newTokenSecret(): string {
  return `zonelog_${randomBytes(32).toString('base64url')}`
}

/** What is stored. A plain hash is enough: nobody guesses 256 random bits. */
export function hashOfToken(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
