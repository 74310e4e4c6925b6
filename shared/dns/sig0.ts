import { verify } from 'node:crypto'
import type { Message } from './message.ts'
import type { Name } from './name.ts'
import type { Sig0Algorithm, Sig0Key } from './sig0-key.ts'
import type { Sig0Record } from './sig0-record.ts'
import { signedContent } from './signed-content.ts'

export { readSig0Key, SIG0_ALGORITHMS, type Sig0Key } from './sig0-key.ts'
export type { Sig0Record } from './sig0-record.ts'

export type Sig0Error = 'BADKEY' | 'BADSIG' | 'BADTIME'

/**
 * What costs nothing, and must be right before a signature is worth verifying (RFC 2931 §3.1): that the signer's key is known
 * here by name, algorithm and tag, and that the time is within the validity.
 */
export function findSigner(
  sig0: Sig0Record,
  keyFor: (name: Name) => Sig0Key | undefined,
  nowSeconds: number,
): Sig0Key | Exclude<Sig0Error, 'BADSIG'> {
  const key = keyFor(sig0.signer)
  if (key === undefined || key.algorithm !== sig0.algorithm || key.keyTag !== sig0.keyTag) return 'BADKEY'
  const now = Math.floor(nowSeconds) >>> 0
  return isAfter(sig0.inception, now) || isAfter(now, sig0.expiration) ? 'BADTIME' : key
}

/** Whether the signature of a request is the key's, over the received octets. Works outside the event loop. */
export async function isSignedBy(key: Sig0Key, bytes: Uint8Array, message: Message): Promise<boolean> {
  const { signature } = message.sig0!
  const expected = SIGNATURE_OCTETS[key.algorithm]
  if (expected !== undefined && signature.length !== expected) return false
  const content = Buffer.concat(signedContent(bytes, message)!.content)
  const by = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const
  return await new Promise((resolve) => {
    // an error is one more way in which a signature can be wrong
    verify(HASHES[key.algorithm], content, by, signature, (error, isRight) =>
      resolve(error === null && isRight),
    )
  })
}

const HASHES: Readonly<Record<Sig0Algorithm, string | null>> = {
  8: 'sha256',
  13: 'sha256',
  14: 'sha384',
  // Ed25519 hashes by itself
  15: null,
}

/** RSA's has the length of its modulus, which the verification checks. */
const SIGNATURE_OCTETS: Readonly<Record<Sig0Algorithm, number | undefined>> = {
  8: undefined,
  13: 64,
  14: 96,
  15: 64,
}

/** RFC 1982, as RFC 4034 §3.1.5 asks for. */
function isAfter(a: number, b: number): boolean {
  const distance = (a - b) >>> 0
  return distance !== 0 && distance < 0x8000_0000
}
