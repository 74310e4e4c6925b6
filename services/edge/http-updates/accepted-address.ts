import type { AcceptedAddresses } from '../../../shared/config/http-updates.ts'
import { addressText } from '../../../shared/dns/rdata/addresses.ts'
import { type AddressRange, isInRange, parseRange } from '../../../shared/rules/address-range.ts'
import type { HttpRefusal } from './form-services.ts'

interface Kind {
  readonly what: string
  readonly ranges: readonly AddressRange[]
}

function kind(what: string, ...ranges: readonly string[]): Kind {
  return {
    what,
    ranges: ranges.map((text) => {
      const range = parseRange(text)
      if (!range.ok) throw new TypeError(range.reason)
      return range.value
    }),
  }
}

/** ::ffff:0:0/96, which rules do not take: as an address of a host it is a mistake. */
const MAPPED: AddressRange = {
  text: '',
  octets: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0),
  bits: 96,
}

/** What no host of any network has (RFC 6890, RFC 4291). */
const OF_NO_HOST = [
  kind('unspecified', '0.0.0.0/8', '::/128'),
  kind('loopback', '127.0.0.0/8', '::1/128'),
  kind('link-local', '169.254.0.0/16', 'fe80::/10'),
  kind('multicast', '224.0.0.0/4', 'ff00::/8'),
  kind('reserved', '240.0.0.0/4'),
  { what: 'IPv4 in the form of IPv6', ranges: [MAPPED, ...kind('', '::/96', '::ffff:0:0:0/96').ranges] },
  kind('to be discarded', '100::/64'),
]

/** What hosts have that the Internet does not reach. */
const NOT_PUBLIC = [
  kind('private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'),
  kind('shared by a provider (carrier-grade NAT)', '100.64.0.0/10'),
  kind(
    'for documentation',
    '192.0.2.0/24',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '2001:db8::/32',
    '3fff::/20',
  ),
  kind('for protocols or tests', '192.0.0.0/24', '198.18.0.0/15', '2001:2::/48'),
]

const REFUSED: Readonly<Record<AcceptedAddresses, readonly Kind[]>> = {
  any: [],
  unicast: OF_NO_HOST,
  public: [...OF_NO_HOST, ...NOT_PUBLIC],
}

/** Why an address is not taken; undefined where it is. */
export function addressRefusal(octets: Uint8Array, accepted: AcceptedAddresses): HttpRefusal | undefined {
  const found = REFUSED[accepted].find(({ ranges }) => ranges.some((range) => isInRange(octets, range)))
  if (found === undefined) return undefined
  return { reason: 'http-address', detail: `the address ${addressText(octets)} is ${found.what}` }
}
