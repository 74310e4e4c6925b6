import { hash } from 'node:crypto'
import type { Identity } from './commands.ts'
import type { Message } from './dns/message.ts'
import { signedContent } from './dns/signed-content.ts'

/**
 * What makes two messages the same request (P2): identity, address, message id and content. The port and the signature are
 * left out, because clients re-send from another port and sign again. `unsigned` is the message without its TSIG record.
 */
export function fingerprintOf(identity: Identity, address: string, unsigned: Uint8Array): Uint8Array {
  return sha256([Buffer.from(`${identity}\0${address}\0`), unsigned])
}

/** In one go: a hash that is fed part by part costs several times as much. */
function sha256(parts: readonly Uint8Array[]): Buffer {
  return hash('sha256', Buffer.concat(parts), 'buffer')
}

/** Half of a SHA-256: what neither chance nor a stranger makes equal. */
const DIGEST_OCTETS = 16

/** By what a signed message is known when it comes again, whoever sends it from wherever. */
export interface SignatureMark {
  /** Over all that the signature covers, its time included, and over nothing that can be changed without the key. */
  readonly digest: Uint8Array
  /** From when on the signature is not accepted any more, in ms since the epoch. */
  readonly expiresAt: number
}

/** Undefined for an unsigned message. */
export function signatureMark(bytes: Uint8Array, message: Message): SignatureMark | undefined {
  const signed = signedContent(bytes, message)
  if (signed === undefined) return undefined
  return {
    digest: sha256(signed.content).subarray(0, DIGEST_OCTETS),
    expiresAt: signed.expires * 1_000,
  }
}
