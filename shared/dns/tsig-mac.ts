import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { Name } from './name.ts'
import { putU16 } from './octets.ts'
import { ALGORITHMS, type TsigAlgorithm } from './tsig-algorithms.ts'

/** One live secret. Several keys may share a name while one follows the other. */
export interface TsigKey {
  readonly name: Name
  readonly algorithm: TsigAlgorithm
  readonly secret: Uint8Array
  /** The shortest MAC that is accepted, in octets (RFC 8945 §5.2.2.1); the full length unless given. */
  readonly leastMacOctets?: number
  /** Tells the secrets of one name apart, for whoever asks which of them is still in use. */
  readonly id?: string
}

/** The whole MAC over the parts, before any truncation. */
export function macOf(key: TsigKey, parts: readonly Uint8Array[]): Buffer {
  return createHmac(ALGORITHMS[key.algorithm].hash, keyObject(key)).update(Buffer.concat(parts)).digest()
}

/** A MAC as the digest of the next message takes it: as it was sent, its length before it (RFC 8945 §4.3.1). */
export function priorMac(mac: Uint8Array): Uint8Array {
  const octets = Buffer.allocUnsafe(2 + mac.length)
  octets.set(mac, putU16(octets, 0, mac.length))
  return octets
}

// A prepared key makes an HMAC five times as fast as a raw secret does.
const prepared = new WeakMap<TsigKey, KeyObject>()

function keyObject(key: TsigKey): KeyObject {
  let object = prepared.get(key)
  if (object === undefined) {
    object = createSecretKey(key.secret)
    prepared.set(key, object)
  }
  return object
}
