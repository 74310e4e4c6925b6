import { timingSafeEqual } from 'node:crypto'
import type { Message } from './message.ts'
import { canonicalName, type Name } from './name.ts'
import { signedContent } from './signed-content.ts'
import { ALGORITHMS, algorithmNamed, type NamedAlgorithm, shortestMac } from './tsig-algorithms.ts'
import { macOf, type TsigKey } from './tsig-mac.ts'
import type { TsigRecord } from './tsig-record.ts'

export { TSIG_ALGORITHMS, type TsigAlgorithm } from './tsig-algorithms.ts'
export type { TsigKey } from './tsig-mac.ts'
export type { TsigRecord } from './tsig-record.ts'
export { refuseWithTsig, signAnswer, signMessage } from './tsig-sign.ts'
export { TsigStream } from './tsig-stream.ts'
export { TsigStreamCheck } from './tsig-verify-stream.ts'

/** Answers are signed as the request was: with its key, its algorithm name and its length of the MAC. */
export interface TsigVerified {
  readonly kind: 'verified'
  /** The one of the name's live keys that made the MAC. */
  readonly key: TsigKey
  /** As it was sent, truncated or whole. */
  readonly mac: Uint8Array
  readonly algorithmName: Name
}

export type TsigRefusal = {
  readonly kind: 'refused'
  readonly error: 'BADKEY' | 'BADSIG' | 'BADTIME' | 'BADTRUNC'
  /** The record of the request. */
  readonly tsig: TsigRecord
  /** There when the MAC was right: the refusal is then signed with it. */
  readonly key?: TsigKey
}

/** A MAC of a length that must not be sent: to be answered as any other malformed message. */
export type TsigMalformed = { readonly kind: 'malformed'; readonly reason: string }

export type TsigVerdict = { readonly kind: 'unsigned' } | TsigVerified | TsigRefusal | TsigMalformed

/**
 * RFC 8945 §5.2: key, then MAC, then time, then truncation, over the received octets with the original ID put back.
 * `keysFor` gives the live keys of a name, each of which may have made the MAC.
 */
export function verifyRequest(
  bytes: Uint8Array,
  message: Message,
  keysFor: (name: Name) => readonly TsigKey[],
  nowSeconds: number,
): TsigVerdict {
  const { tsig } = message
  if (tsig === undefined) return { kind: 'unsigned' }
  const named = algorithmNamed(tsig.algorithmName)
  const keys = keysFor(canonicalName(tsig.keyName)).filter((key) => key.algorithm === named?.algorithm)
  if (named === undefined || keys.length === 0) return { kind: 'refused', error: 'BADKEY', tsig }
  const fault = lengthFault(tsig.mac.length, named)
  if (fault !== undefined) return { kind: 'malformed', reason: fault }
  const key = signerOf(bytes, message, tsig, keys)
  if (key === undefined) return { kind: 'refused', error: 'BADSIG', tsig }
  if (Math.abs(nowSeconds - tsig.timeSigned) > tsig.fudge)
    return { kind: 'refused', error: 'BADTIME', tsig, key }
  if (tsig.mac.length < (key.leastMacOctets ?? ALGORITHMS[key.algorithm].macOctets))
    return { kind: 'refused', error: 'BADTRUNC', tsig, key }
  return { kind: 'verified', key, mac: tsig.mac, algorithmName: tsig.algorithmName }
}

/** RFC 8945 §5.2.2.1, cases 1 and 4. */
function lengthFault(octets: number, { algorithm, macOctets }: NamedAlgorithm): string | undefined {
  if (octets > macOctets) return `the MAC of TSIG has ${octets} octets, more than ${macOctets}`
  const least = shortestMac(algorithm)
  return octets < least ? `the MAC of TSIG has ${octets} octets, fewer than ${least}` : undefined
}

function signerOf(
  bytes: Uint8Array,
  message: Message,
  tsig: TsigRecord,
  keys: readonly TsigKey[],
): TsigKey | undefined {
  const { content } = signedContent(bytes, message)!
  return keys.find((key) => timingSafeEqual(macOf(key, content).subarray(0, tsig.mac.length), tsig.mac))
}
