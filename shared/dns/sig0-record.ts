import { canonicalName, type Name, readPlainName } from './name.ts'
import { u16, u32 } from './octets.ts'
import type { ResourceRecord } from './record.ts'
import { malformed, type Parsed } from './result.ts'

/** A SIG record that covers no type: the signature of a message (RFC 2931 §3), as received. */
export interface Sig0Record {
  readonly algorithm: number
  /** Seconds since 1970, 32 bits: to be compared as serial numbers (RFC 1982). */
  readonly expiration: number
  readonly inception: number
  readonly keyTag: number
  /** The name of the KEY. */
  readonly signer: Name
  /** The RDATA before the signature, which is part of what is signed. */
  readonly prefix: Uint8Array
  readonly signature: Uint8Array
}

const FIXED_OCTETS = 18

/** Whether a record of type SIG signs the message that it is in. */
export function isSig0({ rdata }: ResourceRecord): boolean {
  return rdata.length > 2 && u16(rdata, 0) === 0
}

/** Reads the record that {@link isSig0} found. */
export function readSig0({ rdata }: ResourceRecord): Parsed<Sig0Record> {
  if (rdata.length < FIXED_OCTETS) return malformed(0, 'SIG(0) runs past its end')
  const signer = readPlainName(rdata, FIXED_OCTETS)
  if (!signer.ok) return signer
  const { end, name } = signer.value
  if (end === rdata.length) return malformed(end, 'SIG(0) has no signature')
  return {
    ok: true,
    value: {
      algorithm: rdata[2]!,
      expiration: u32(rdata, 8),
      inception: u32(rdata, 12),
      keyTag: u16(rdata, 16),
      signer: canonicalName(name),
      prefix: rdata.subarray(0, end),
      signature: rdata.subarray(end),
    },
  }
}
