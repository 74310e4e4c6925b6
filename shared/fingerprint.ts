import { createHash } from 'node:crypto'
import type { Identity } from './commands.ts'

/**
 * What makes two messages the same request (P2): identity, address, message id and content. The port and the signature are
 * left out, because clients re-send from another port and sign again. `unsigned` is the message without its TSIG record.
 */
export function fingerprintOf(identity: Identity, address: string, unsigned: Uint8Array): Uint8Array {
  const hash = createHash('sha256')
  for (const part of [identity, address]) hash.update(part).update('\0')
  return hash.update(unsigned).digest()
}
