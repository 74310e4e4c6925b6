import type { Message } from './message.ts'
import { putU16 } from './octets.ts'
import { tsigVariables } from './tsig-record.ts'

/** The message as it was before it was signed: the received octets without TSIG or SIG(0), one additional less. */
export function withoutSignature(bytes: Uint8Array, message: Message): Uint8Array {
  const { signatureStart } = message
  if (signatureStart === undefined) return bytes
  const unsigned = Buffer.from(bytes.subarray(0, signatureStart))
  putU16(unsigned, 10, message.header.counts.ar - 1)
  return unsigned
}

export interface SignedContent {
  /** Nothing in it can be changed without the key. */
  readonly content: readonly Uint8Array[]
  /** From when on the signature is not accepted any more, in seconds since the epoch. */
  readonly expires: number
}

/** What the signature of a request is made over; undefined for an unsigned message. */
export function signedContent(bytes: Uint8Array, message: Message): SignedContent | undefined {
  const { tsig, sig0 } = message
  if (tsig !== undefined) {
    // RFC 8945 §4.3: the message with its original ID, and the variables of the record
    const unsigned = withoutSignature(bytes, message)
    putU16(unsigned, 0, tsig.originalId)
    return { content: [unsigned, tsigVariables(tsig)], expires: tsig.timeSigned + tsig.fudge + 1 }
  }
  if (sig0 === undefined) return undefined
  // RFC 2931 §3.1
  return { content: [sig0.prefix, withoutSignature(bytes, message)], expires: sig0.expiration + 1 }
}
