import { type Name, nameOf } from '../dns/name.ts'

const PREFIX_OCTETS = 6

/** RFC 1035 §3.5, RFC 3596 §2.5; undefined for octets that are no address. */
export function reverseName(octets: Uint8Array): Name | undefined {
  if (octets.length === 4) return nameOf(`${[...octets].reverse().join('.')}.in-addr.arpa.`)
  return octets.length === 16 ? nibbleName(octets) : undefined
}

/** The name of the /48 that an address has under 6to4: 2002 and the IPv4 address, or the IPv6 address's own first 48 bits. */
export function sixToFourName(octets: Uint8Array): Name | undefined {
  if (octets.length === 4) return nibbleName(Uint8Array.of(0x20, 0x02, ...octets))
  return octets.length === 16 ? nibbleName(octets.subarray(0, PREFIX_OCTETS)) : undefined
}

function nibbleName(octets: Uint8Array): Name {
  const nibbles = Buffer.from(octets).toString('hex')
  return nameOf(`${[...nibbles].reverse().join('.')}.ip6.arpa.`)
}
