import { type GivenName, readPlainName } from './name.ts'
import { writeName } from './name-wire.ts'
import { putU32, u32 } from './octets.ts'
import { malformed, type Parsed } from './result.ts'
import type { Serial } from './serial.ts'

const NUMBERS = 20

/** RFC 1035 §3.3.13; times in seconds. */
export interface Soa {
  mname: GivenName
  rname: GivenName
  serial: Serial
  refresh: number
  retry: number
  expire: number
  minimum: number
}

/** Reads uncompressed SOA RDATA. */
export function readSoa(rdata: Uint8Array): Parsed<Soa> {
  const mname = readPlainName(rdata, 0)
  if (!mname.ok) return mname
  const rname = readPlainName(rdata, mname.value.end)
  if (!rname.ok) return rname
  const at = rname.value.end
  if (rdata.length - at !== NUMBERS) return malformed(at, 'SOA does not end in five 32-bit numbers')
  return {
    ok: true,
    value: {
      mname: mname.value.name,
      rname: rname.value.name,
      serial: u32(rdata, at) as Serial,
      refresh: u32(rdata, at + 4),
      retry: u32(rdata, at + 8),
      expire: u32(rdata, at + 12),
      minimum: u32(rdata, at + 16),
    },
  }
}

export function soaRdata(soa: Soa): Uint8Array {
  const rdata = Buffer.allocUnsafe(soa.mname.length + soa.rname.length + 2 + NUMBERS)
  let at = writeName(soa.rname, rdata, writeName(soa.mname, rdata, 0))
  for (const number of [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum]) {
    at = putU32(rdata, at, number)
  }
  return rdata.subarray(0, at)
}

/** A copy of valid SOA RDATA with another serial. */
export function withSerial(rdata: Uint8Array, serial: Serial): Uint8Array {
  const copy = Buffer.from(rdata)
  putU32(copy, rdata.length - NUMBERS, serial)
  return copy
}

/** The serial of valid SOA RDATA. */
export function serialOf(rdata: Uint8Array): Serial {
  if (rdata.length < NUMBERS + 2) throw new RangeError('RDATA is too short for an SOA')
  return u32(rdata, rdata.length - NUMBERS) as Serial
}
