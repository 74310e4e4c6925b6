import { isIPv4, isIPv6 } from 'node:net'
import * as dnsPacket from 'dns-packet'
import ipaddr from 'ipaddr.js'
import { expected, type Field } from './field.ts'

interface AddressCodec {
  encode(address: string): Buffer
}
// Its type declarations leave the codecs of single types out. They begin with RDLENGTH.
const { a, aaaa } = dnsPacket as unknown as { a: AddressCodec; aaaa: AddressCodec }

/** The octets of strict dotted-quad text. dns-packet takes sloppy text too, so Node judges it first. */
export function ipv4Octets(text: string): Uint8Array | undefined {
  return isIPv4(text) ? a.encode(text).subarray(2) : undefined
}

/** The octets of IPv6 text without a zone. */
export function ipv6Octets(text: string): Uint8Array | undefined {
  return isIPv6(text) && !text.includes('%') ? aaaa.encode(text).subarray(2) : undefined
}

/**
 * RFC 5952 for IPv6, with the dotted quad of mapped addresses (§5) as dig shows it. dns-packet's own text is not that:
 * it shortens the first run of zeros, not the longest.
 */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  const address = ipaddr.fromByteArray([...octets]) as ipaddr.IPv6
  return address.isIPv4MappedAddress() ? `::ffff:${address.toIPv4Address()}` : address.toString()
}

function addressField(size: 4 | 16, what: string, octetsOf: (text: string) => Uint8Array | undefined): Field {
  return {
    what,
    end: (_, at, limit) => (at + size <= limit ? at + size : -1),
    print: (octets, at, end) => addressText(octets.subarray(at, end)),
    parse(tokens, out) {
      const token = tokens.next()
      const octets = token === undefined ? undefined : octetsOf(token)
      if (octets === undefined) return expected(what, token)
      out.append(octets)
      return undefined
    },
  }
}

export const ipv4 = addressField(4, 'an IPv4 address', ipv4Octets)
export const ipv6 = addressField(16, 'an IPv6 address', ipv6Octets)
