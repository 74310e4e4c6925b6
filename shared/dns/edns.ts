import { putU16, u16 } from './octets.ts'
import type { ResourceRecord } from './record.ts'
import { malformed, type Parsed } from './result.ts'

export interface EdnsOption {
  code: number
  data: Uint8Array
}

/** RFC 6891, taken out of the OPT pseudo-record. */
export interface Edns {
  /** The largest UDP payload that the sender takes, in octets. */
  udpSize: number
  /** The upper eight bits of the rcode. */
  extendedRcode: number
  version: number
  dnssecOk: boolean
  options: readonly EdnsOption[]
}

/** RFC 8914 §4, those that are used here. */
export const ExtendedErrorCode = {
  OTHER: 0,
  NOT_READY: 14,
  PROHIBITED: 18,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  NETWORK_ERROR: 23,
  INVALID_DATA: 24,
} as const
export type ExtendedErrorCode = (typeof ExtendedErrorCode)[keyof typeof ExtendedErrorCode]

/** Options that are spoken here: RFC 9664, RFC 5001, RFC 7873, RFC 7828, RFC 8914. */
export const OptionCode = {
  UPDATE_LEASE: 2,
  NSID: 3,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  EXTENDED_ERROR: 15,
} as const

/** As BIND: an answer over UDP has little room, and a hint needs little. */
const LONGEST_EXTRA_TEXT = 64

const SMALLEST_UDP = 512
/** What fits everywhere without fragments (the value of DNS flag day 2020). */
const OUR_UDP = 1232
/** The root, type, class, TTL and length. */
const OPT_OCTETS = 11
const OPT = 41
const DO = 0x8000

/** Reads the fields that OPT keeps in class and TTL, and its options (RFC 6891 §6.1.2, §6.1.3). */
export function readEdns(opt: ResourceRecord): Parsed<Edns> {
  if (opt.name !== '.') return malformed(0, 'the owner of OPT is not the root')
  const options: EdnsOption[] = []
  const { rdata } = opt
  for (let at = 0; at < rdata.length; ) {
    const start = at + 4
    if (start > rdata.length) return malformed(at, 'EDNS option runs past the end')
    const end = start + u16(rdata, at + 2)
    if (end > rdata.length) return malformed(at, 'EDNS option runs past the end')
    options.push({ code: u16(rdata, at), data: rdata.subarray(start, end) })
    at = end
  }
  return {
    ok: true,
    value: {
      udpSize: opt.class,
      extendedRcode: opt.ttl >>> 24,
      version: (opt.ttl >>> 16) & 0xff,
      dnssecOk: (opt.ttl & DO) !== 0,
      options,
    },
  }
}

/** The OPT record in wire form. */
export function ednsToWire(edns: Partial<Edns>, rcode: number): Uint8Array {
  const out = Buffer.allocUnsafe(optLength(edns.options ?? []))
  writeOpt(out, 0, edns, rcode)
  return out
}

/** Octets of an OPT record with these options. */
export function optLength(options: readonly EdnsOption[]): number {
  let length = OPT_OCTETS
  for (const { data } of options) length += 4 + data.length
  return length
}

/** Writes the OPT record (RFC 6891 §6.1.2); what `edns` leaves out gets our defaults. Returns the offset after it. */
export function writeOpt(out: Uint8Array, at: number, edns: Partial<Edns>, rcode: number): number {
  const options = edns.options ?? []
  out[at] = 0
  putU16(out, at + 1, OPT)
  putU16(out, at + 3, Math.max(SMALLEST_UDP, edns.udpSize ?? OUR_UDP))
  out[at + 5] = edns.extendedRcode ?? rcode >>> 4
  out[at + 6] = edns.version ?? 0
  putU16(out, at + 7, edns.dnssecOk ? DO : 0)
  putU16(out, at + 9, optLength(options) - OPT_OCTETS)
  let next = at + OPT_OCTETS
  for (const { code, data } of options) {
    putU16(out, next, code)
    putU16(out, next + 2, data.length)
    out.set(data, next + 4)
    next += 4 + data.length
  }
  return next
}

/**
 * RFC 8914: the option that says why an answer is an error. `text` is for people, at most 64 octets of it are sent. Only for
 * answers to requests that had EDNS (§3).
 */
export function extendedError(code: ExtendedErrorCode, text = ''): EdnsOption {
  const octets = Buffer.from(text, 'utf8')
  let end = Math.min(octets.length, LONGEST_EXTRA_TEXT)
  // never in the middle of a character
  while (end < octets.length && (octets[end]! & 0xc0) === 0x80) end--
  const data = Buffer.alloc(2 + end)
  putU16(data, 0, code)
  data.set(octets.subarray(0, end), 2)
  return { code: OptionCode.EXTENDED_ERROR, data }
}

/** What {@link extendedError} says, read from an answer's options; undefined when they hold none. */
export function readExtendedError(
  options: readonly EdnsOption[],
): { code: number; text: string } | undefined {
  const option = options.find(({ code, data }) => code === OptionCode.EXTENDED_ERROR && data.length >= 2)
  if (option === undefined) return undefined
  return { code: u16(option.data, 0), text: Buffer.from(option.data.subarray(2)).toString('utf8') }
}
