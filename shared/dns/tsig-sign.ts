import { TsigError } from './codes.ts'
import { MAX_MESSAGE } from './header.ts'
import type { Name } from './name.ts'
import { putU16, u16 } from './octets.ts'
import type { TsigRefusal, TsigVerified } from './tsig.ts'
import { ALGORITHMS } from './tsig-algorithms.ts'
import { macOf, priorMac, type TsigKey } from './tsig-mac.ts'
import { type TsigRecord, timeOctets, tsigToWire, tsigVariables, withoutMac } from './tsig-record.ts'

/** Seconds; what RFC 8945 §10 recommends. */
const FUDGE = 300

export interface SignedMessage {
  readonly bytes: Uint8Array
  /** What an answer to this message has to be verified with. */
  readonly mac: Uint8Array
}

/**
 * Appends TSIG to a message without one. `requestMac` is given for a response and starts its digest (RFC 8945
 * §5.3). Throws a RangeError when the record does not fit into a message.
 */
export function signMessage(
  bytes: Uint8Array,
  key: TsigKey,
  nowSeconds: number,
  requestMac?: Uint8Array,
): SignedMessage {
  const { name, macOctets } = ALGORITHMS[key.algorithm]
  const prior = requestMac === undefined ? [] : [priorMac(requestMac)]
  return signWith(key, bytes, emptyTsig(bytes, key, name, nowSeconds), macOctets, prior)
}

/** Signs an answer in the way of its request (RFC 8945 §5.3): no longer MAC, which its sender might not expect. */
export function signAnswer(bytes: Uint8Array, request: TsigVerified, nowSeconds: number): Uint8Array {
  const { key, mac, algorithmName } = request
  const tsig = emptyTsig(bytes, key, algorithmName, nowSeconds)
  return signWith(key, bytes, tsig, mac.length, [priorMac(mac)]).bytes
}

/**
 * Puts the refusal into a response (RFC 8945 §5.3.2): BADKEY and BADSIG without a MAC; BADTRUNC signed; BADTIME
 * signed, with the client's time as time signed and ours as other data, so that the client can tell who is wrong.
 */
export function refuseWithTsig(response: Uint8Array, verdict: TsigRefusal, nowSeconds: number): Uint8Array {
  const { tsig, key, error } = verdict
  const seconds = Math.floor(nowSeconds)
  const refusal = { ...withoutMac(tsig), originalId: u16(response, 0), error: TsigError[error] }
  if (key === undefined) return appendTsig(response, { ...refusal, otherData: NO_OCTETS })
  const told =
    error === 'BADTIME'
      ? { ...refusal, otherData: timeOctets(seconds) }
      : { ...refusal, timeSigned: seconds, fudge: FUDGE, otherData: NO_OCTETS }
  return signWith(key, response, told, tsig.mac.length, [priorMac(tsig.mac)]).bytes
}

/** A record that lacks its MAC only. */
export function emptyTsig(
  bytes: Uint8Array,
  key: TsigKey,
  algorithmName: Name,
  nowSeconds: number,
): TsigRecord {
  return {
    keyName: key.name,
    algorithmName,
    timeSigned: Math.floor(nowSeconds),
    fudge: FUDGE,
    mac: NO_OCTETS,
    originalId: u16(bytes, 0),
    error: TsigError.NOERROR,
    otherData: NO_OCTETS,
  }
}

export function appendTsig(bytes: Uint8Array, tsig: TsigRecord): Uint8Array {
  const signed = Buffer.concat([bytes, tsigToWire(tsig)])
  if (signed.length > MAX_MESSAGE) throw new RangeError('no room for TSIG in a message of 65535 octets')
  putU16(signed, 10, u16(signed, 10) + 1)
  return signed
}

const NO_OCTETS = new Uint8Array(0)

function signWith(
  key: TsigKey,
  bytes: Uint8Array,
  tsig: TsigRecord,
  macOctets: number,
  prior: readonly Uint8Array[],
): SignedMessage {
  const mac = macOf(key, [...prior, bytes, tsigVariables(tsig)]).subarray(0, macOctets)
  return { bytes: appendTsig(bytes, { ...tsig, mac }), mac }
}
