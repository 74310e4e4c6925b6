import { canonicalName, type Name, parseName } from '../dns/name.ts'
import { integer, type Read } from './read.ts'

/** Accounts that clients of acme-dns register for themselves; see docs/clients/acme-dns.md. */
export interface AcmeDnsConfig {
  /** Accounts are names right below it. */
  readonly zone: Name
  /** Rules are asked about it. */
  readonly key: Name
  /** How many there may be, in all. */
  readonly mostAccounts: number
}

export const ACME_DNS_VARIABLES = {
  ZONELOG_ACME_DNS_ZONE: {
    default: 'none',
    what: 'zone in which clients of acme-dns may register, set for edges and writers alike; none: nobody may',
  },
  ZONELOG_ACME_DNS_KEY: {
    default: 'acme-dns',
    what: 'key whose rules hold for those who registered',
  },
  ZONELOG_ACME_DNS_ACCOUNTS: {
    default: '1000',
    what: 'how many may have registered with that key, in all, at most 5000',
  },
} as const

/** Undefined where nobody may register. */
export function readAcmeDnsConfig(
  value: <T>(name: keyof typeof ACME_DNS_VARIABLES, read: Read<T>) => T | undefined,
): AcmeDnsConfig | undefined {
  const zone = value('ZONELOG_ACME_DNS_ZONE', zoneOrNone)
  const key = value('ZONELOG_ACME_DNS_KEY', domainName) ?? domainName('acme-dns')
  const mostAccounts = value('ZONELOG_ACME_DNS_ACCOUNTS', integer(1, 5_000)) ?? 1_000
  return zone === undefined || zone === 'none' ? undefined : { zone, key, mostAccounts }
}

const domainName: Read<Name> = (input) => {
  const parsed = parseName(input)
  if (parsed.ok) return canonicalName(parsed.value)
  throw new RangeError('a domain name such as acme.example.com')
}

const zoneOrNone: Read<Name | 'none'> = (input) => (input === 'none' ? 'none' : domainName(input))
