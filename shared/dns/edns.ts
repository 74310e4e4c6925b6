import * as dnsPacket from 'dns-packet'
import { u16 } from './octets.ts'
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

function bufferOver(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length)
}
