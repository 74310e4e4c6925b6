import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { TsigError } from './codes.ts'
import { MAX_MESSAGE } from './header.ts'
import type { Message } from './message.ts'
import { canonicalName, type Name } from './name.ts'
import { putU16, u16 } from './octets.ts'
import { ALGORITHMS, type TsigAlgorithm } from './tsig-algorithms.ts'
import { type TsigRecord, timeOctets, tsigToWire, tsigVariables, withoutMac } from './tsig-record.ts'

export { TSIG_ALGORITHMS, type TsigAlgorithm } from './tsig-algorithms.ts'
export type { TsigRecord } from './tsig-record.ts'

export interface TsigKey {
  name: Name
  algorithm: TsigAlgorithm
  secret: Uint8Array
}

export type TsigRefusal = {
  kind: 'refused'
  error: 'BADKEY' | 'BADSIG' | 'BADTIME'
  /** The record of the request. */
  tsig: TsigRecord
  /** There when the MAC was right: the refusal is then signed with it. */
  key?: TsigKey
}

export type TsigVerdict =
  | { kind: 'unsigned' }
  /** Answers are signed with this key and the request's MAC. */
  | { kind: 'verified'; key: TsigKey; mac: Uint8Array }
  | TsigRefusal

/** Seconds; what RFC 8945 §10 recommends. */
const FUDGE = 300

/**
 * RFC 8945 §5.2: key, then MAC, then time, over the received octets with the original ID put back. A MAC must have
 * its full length.
 */
export function verifyRequest(
  bytes: Uint8Array,
  message: Message,
  keyFor: (name: Name) => TsigKey | undefined,
  nowSeconds: number,
): TsigVerdict {
  const { tsig } = message
  if (tsig === undefined) return { kind: 'unsigned' }
  const key = keyFor(canonicalName(tsig.keyName))
  if (key === undefined || ALGORITHMS[key.algorithm].name !== tsig.algorithmName) {
    return { kind: 'refused', error: 'BADKEY', tsig }
  }
  const unsigned = messageWithoutTsig(bytes, message)
  putU16(unsigned, 0, tsig.originalId)
  const mac = macOf(key, [unsigned, tsigVariables(tsig)])
  if (mac.length !== tsig.mac.length || !timingSafeEqual(mac, tsig.mac)) {
    return { kind: 'refused', error: 'BADSIG', tsig }
  }
  if (Math.abs(nowSeconds - tsig.timeSigned) > tsig.fudge) {
    return { kind: 'refused', error: 'BADTIME', tsig, key }
  }
  return { kind: 'verified', key, mac }
}

/**
 * Appends TSIG to a message without one. `requestMac` is given for a response and starts its digest (RFC 8945
 * §5.3); the returned MAC is what an answer to this message has to be verified with.
 */
export function signMessage(
  bytes: Uint8Array,
  key: TsigKey,
  nowSeconds: number,
  requestMac?: Uint8Array,
): { bytes: Uint8Array; mac: Uint8Array } {
  const tsig = {
    keyName: key.name,
    algorithmName: ALGORITHMS[key.algorithm].name,
    timeSigned: Math.floor(nowSeconds),
    fudge: FUDGE,
    mac: NO_OCTETS,
    originalId: u16(bytes, 0),
    error: TsigError.NOERROR,
    otherData: NO_OCTETS,
  }
  return signWith(bytes, key, tsig, requestMac)
}

/**
 * Puts the refusal into a response (RFC 8945 §5.3.2): BADKEY and BADSIG without a MAC; BADTIME signed, with the
 * client's time as time signed and ours as other data, so that the client can tell who is wrong.
 */
export function refuseWithTsig(response: Uint8Array, verdict: TsigRefusal, nowSeconds: number): Uint8Array {
  const { tsig, key, error } = verdict
  const refusal = {
    ...withoutMac(tsig),
    originalId: u16(response, 0),
    error: TsigError[error],
    otherData: NO_OCTETS,
  }
  if (error !== 'BADTIME' || key === undefined) return appendTsig(response, refusal)
  return signWith(response, key, { ...refusal, otherData: timeOctets(Math.floor(nowSeconds)) }, tsig.mac)
    .bytes
}

/** The message as it was before it was signed: the received octets without the TSIG, one additional less. */
export function messageWithoutTsig(bytes: Uint8Array, message: Message): Uint8Array {
  if (message.tsigStart === undefined) return bytes
  const unsigned = Buffer.from(bytes.subarray(0, message.tsigStart))
  putU16(unsigned, 10, message.header.counts.ar - 1)
  return unsigned
}

const NO_OCTETS = new Uint8Array(0)

function signWith(
  bytes: Uint8Array,
  key: TsigKey,
  tsig: TsigRecord,
  requestMac: Uint8Array | undefined,
): { bytes: Uint8Array; mac: Uint8Array } {
  const digested = [bytes, tsigVariables(tsig)]
  if (requestMac !== undefined) {
    const length = new Uint8Array(2)
    putU16(length, 0, requestMac.length)
    digested.unshift(length, requestMac)
  }
  const mac = macOf(key, digested)
  return { bytes: appendTsig(bytes, { ...tsig, mac }), mac }
}

function macOf(key: TsigKey, parts: readonly Uint8Array[]): Buffer {
  return createHmac(ALGORITHMS[key.algorithm].hash, keyObject(key)).update(Buffer.concat(parts)).digest()
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

function appendTsig(bytes: Uint8Array, tsig: TsigRecord): Uint8Array {
  const signed = Buffer.concat([bytes, tsigToWire(tsig)])
  if (signed.length > MAX_MESSAGE) throw new RangeError('no room for TSIG in a message of 65535 octets')
  putU16(signed, 10, u16(signed, 10) + 1)
  return signed
}
