import { Class, Type } from './codes.ts'
import { canonicalName, type GivenName, type Name, readPlainName, writeName } from './name.ts'
import { putU16, putU32, u16, u32 } from './octets.ts'
import { type ResourceRecord, recordToWire } from './record.ts'
import { malformed, type Parsed } from './result.ts'

/** RFC 8945 §4.2, as received. */
export interface TsigRecord {
  keyName: GivenName
  algorithmName: Name
  /** Seconds since 1970, 48 bits. */
  timeSigned: number
  /** Seconds. */
  fudge: number
  mac: Uint8Array
  originalId: number
  error: number
  otherData: Uint8Array
}

const NO_OCTETS = new Uint8Array(0)

/** Reads a TSIG record; its algorithm name is never compressed. */
export function readTsig(record: ResourceRecord): Parsed<TsigRecord> {
  if (record.class !== Class.ANY) return malformed(0, 'the class of TSIG is not ANY')
  const { rdata } = record
  const algorithm = readPlainName(rdata, 0)
  if (!algorithm.ok) return algorithm
  const at = algorithm.value.end
  if (at + 10 > rdata.length) return malformed(at, 'TSIG runs past the end')
  const macEnd = at + 10 + u16(rdata, at + 8)
  if (macEnd + 6 > rdata.length) return malformed(at + 8, 'the MAC of TSIG runs past the end')
  const otherEnd = macEnd + 6 + u16(rdata, macEnd + 4)
  if (otherEnd !== rdata.length) return malformed(macEnd + 4, 'the other data of TSIG does not end with it')
  return {
    ok: true,
    value: {
      keyName: record.name,
      algorithmName: canonicalName(algorithm.value.name),
      timeSigned: u16(rdata, at) * 2 ** 32 + u32(rdata, at + 2),
      fudge: u16(rdata, at + 6),
      mac: rdata.subarray(at + 10, macEnd),
      originalId: u16(rdata, macEnd),
      error: u16(rdata, macEnd + 2),
      otherData: rdata.subarray(macEnd + 6),
    },
  }
}

/** The whole record in wire form. */
export function tsigToWire(tsig: TsigRecord): Uint8Array {
  const rdata = Buffer.allocUnsafe(tsig.algorithmName.length + 17 + tsig.mac.length + tsig.otherData.length)
  let at = putTime(rdata, writeName(tsig.algorithmName, rdata, 0), tsig.timeSigned)
  at = putU16(rdata, at, tsig.fudge)
  at = putOctets(rdata, at, tsig.mac)
  at = putU16(rdata, at, tsig.originalId)
  at = putU16(rdata, at, tsig.error)
  at = putOctets(rdata, at, tsig.otherData)
  return recordToWire({
    name: tsig.keyName,
    type: Type.TSIG,
    class: Class.ANY,
    ttl: 0,
    rdata: rdata.subarray(0, at),
  })
}

/**
 * What the digest takes of the record (RFC 8945 §4.3.3): the names in lower case and uncompressed, no MAC, no
 * original ID.
 */
export function tsigVariables(tsig: TsigRecord): Uint8Array {
  const key = canonicalName(tsig.keyName)
  const out = Buffer.allocUnsafe(key.length + tsig.algorithmName.length + 20 + tsig.otherData.length)
  let at = writeName(key, out, 0)
  at = putU16(out, at, Class.ANY)
  at = putU32(out, at, 0)
  at = putTime(out, writeName(tsig.algorithmName, out, at), tsig.timeSigned)
  at = putU16(out, at, tsig.fudge)
  at = putU16(out, at, tsig.error)
  at = putOctets(out, at, tsig.otherData)
  return out.subarray(0, at)
}

/** What the digest takes of the records after the first in an answer of several messages (RFC 8945 §5.3.1). */
export function tsigTimers(tsig: TsigRecord): Uint8Array {
  const out = Buffer.allocUnsafe(8)
  putU16(out, putTime(out, 0, tsig.timeSigned), tsig.fudge)
  return out
}

/** The other data of BADTIME: our time (RFC 8945 §5.2.3). */
export function timeOctets(seconds: number): Uint8Array {
  const octets = new Uint8Array(6)
  putTime(octets, 0, seconds)
  return octets
}

export function withoutMac(tsig: TsigRecord): TsigRecord {
  return { ...tsig, mac: NO_OCTETS }
}

function putTime(out: Uint8Array, at: number, seconds: number): number {
  return putU32(out, putU16(out, at, Math.floor(seconds / 2 ** 32)), seconds % 2 ** 32)
}

function putOctets(out: Uint8Array, at: number, octets: Uint8Array): number {
  const start = putU16(out, at, octets.length)
  out.set(octets, start)
  return start + octets.length
}
