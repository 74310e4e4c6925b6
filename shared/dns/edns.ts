import * as dnsPacket from 'dns-packet'
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
  options: EdnsOption[]
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

const EXTENDED_ERROR = 15
/** As BIND: an answer over UDP has little room, and a hint needs little. */
const LONGEST_EXTRA_TEXT = 64

const SMALLEST_UDP = 512
/** What fits everywhere without fragments (the value of DNS flag day 2020). */
const OUR_UDP = 1232
const HEADER_OCTETS = 12
const DO = 0x8000

/** Reads the fields that OPT keeps in class and TTL, and its options (RFC 6891 §6.1.2, §6.1.3). */
export function readEdns(opt: ResourceRecord): Parsed<Edns> {
  if (opt.name !== '.') return malformed(0, 'the owner of OPT is not the root')
  const options: EdnsOption[] = []
  const { rdata } = opt
  // Framed here: dns-packet trusts the lengths inside an option, and throws or misreads when they lie.
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

/** The OPT record in wire form. dns-packet encodes options given as octets without loss. */
export function ednsToWire(edns: Partial<Edns>, rcode: number): Uint8Array {
  const opt = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: Math.max(SMALLEST_UDP, edns.udpSize ?? OUR_UDP),
    extendedRcode: edns.extendedRcode ?? rcode >>> 4,
    ednsVersion: edns.version ?? 0,
    flags: edns.dnssecOk ? DO : 0,
    flag_do: edns.dnssecOk === true,
    options: (edns.options ?? []).map(({ code, data }) => ({ code, data: bufferOver(data) })),
  }
  const packet = dnsPacket.encode({ additionals: [opt as unknown as dnsPacket.OptAnswer] })
  return packet.subarray(HEADER_OCTETS)
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
  return { code: EXTENDED_ERROR, data }
}

/** What {@link extendedError} says, read from an answer's options; undefined when they hold none. */
export function readExtendedError(
  options: readonly EdnsOption[],
): { code: number; text: string } | undefined {
  const option = options.find(({ code, data }) => code === EXTENDED_ERROR && data.length >= 2)
  if (option === undefined) return undefined
  return { code: u16(option.data, 0), text: Buffer.from(option.data.subarray(2)).toString('utf8') }
}

function bufferOver(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length)
}
