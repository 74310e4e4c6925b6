import { ipv4Octets, ipv6Octets } from '../dns/rdata/addresses.ts'
import type { TextParsed } from '../dns/result.ts'

/** Addresses that share their first bits: `10.0.0.0/8`, `2001:db8::/32`, or a single one. */
export interface AddressRange {
  readonly text: string
  readonly octets: Uint8Array
  readonly bits: number
}

const EXPECTED = 'an address range such as 10.0.0.0/8 or 2001:db8::/32'

/** RFC 4291 §2.5.5.2. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

function asIpv4(octets: Uint8Array, bits: number): string {
  return `${octets.subarray(MAPPED.length).join('.')}/${bits - MAPPED.length * 8}`
}

/** The octets of an address, 4 or 16; undefined for any other text. */
export function addressOctets(text: string): Uint8Array | undefined {
  return ipv4Octets(text) ?? ipv6Octets(text)
}

export function parseRange(text: string): TextParsed<AddressRange> {
  const [address = '', prefix, ...more] = text.split('/')
  const octets = addressOctets(address)
  const longest = 8 * (octets?.length ?? 0)
  const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (octets === undefined || more.length > 0 || bits < 0 || bits > longest)
    return { ok: false, reason: `'${text}' is not ${EXPECTED}` }
  // a sender is known by its IPv4 address, however the system writes it, so the rule would match nobody
  if (bits >= MAPPED.length * 8 && MAPPED.every((octet, at) => octets[at] === octet))
    return { ok: false, reason: `'${text}' is IPv4 in the form of IPv6; write it as ${asIpv4(octets, bits)}` }
  return { ok: true, value: { text, octets, bits } }
}

/** IPv4 addresses lie in no IPv6 range, and the other way round. */
export function isInRange(
  address: Uint8Array,
  { octets, bits }: Pick<AddressRange, 'octets' | 'bits'>,
): boolean {
  if (address.length !== octets.length) return false
  const whole = bits >> 3
  for (let at = 0; at < whole; at++) if (address[at] !== octets[at]) return false
  const rest = bits & 7
  return rest === 0 || (address[whole]! ^ octets[whole]!) >> (8 - rest) === 0
}
