import { u16 } from './octets.ts'

export const HEADER_OCTETS = 12
export const MAX_MESSAGE = 65_535

/** The bits of the second 16-bit word (RFC 1035 §4.1.1, RFC 4035 §3.1.6 and §3.2.2). */
export const Flag = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const

export interface Header {
  id: number
  /** The second word as it stands, opcode and rcode with it. */
  flags: number
  qr: boolean
  opcode: number
  aa: boolean
  tc: boolean
  rd: boolean
  ra: boolean
  ad: boolean
  cd: boolean
  /** The four bits of the header; EDNS may add eight. */
  rcode: number
  counts: { qd: number; an: number; ns: number; ar: number }
}

/** The header, or undefined from fewer than 12 octets. */
export function readHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < HEADER_OCTETS) return undefined
  const flags = u16(bytes, 2)
  return {
    id: u16(bytes, 0),
    flags,
    qr: (flags & Flag.QR) !== 0,
    opcode: (flags >>> 11) & 15,
    aa: (flags & Flag.AA) !== 0,
    tc: (flags & Flag.TC) !== 0,
    rd: (flags & Flag.RD) !== 0,
    ra: (flags & Flag.RA) !== 0,
    ad: (flags & Flag.AD) !== 0,
    cd: (flags & Flag.CD) !== 0,
    rcode: flags & 15,
    counts: { qd: u16(bytes, 4), an: u16(bytes, 6), ns: u16(bytes, 8), ar: u16(bytes, 10) },
  }
}
