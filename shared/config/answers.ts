import ipaddr from 'ipaddr.js'
import { isInRange, parseRange as parseRuleRange } from '../rules/address-range.ts'
import { integer, oneOf, type Read, text, yesOrNo } from './read.ts'

/** A range of addresses; an IPv4 address has 4 octets, an IPv6 address 16. */
export interface AddressRange {
  readonly octets: Uint8Array
  readonly bits: number
}

export interface RateLimitConfig {
  /** Answers a second of one kind to one network; 0 is any number. */
  readonly perSecond: number
  /** Answers a second to one network, of whatever kind; 0 is any number. */
  readonly allPerSecond: number
  /** How long a network that asked for too much goes on being limited at most, in seconds. */
  readonly windowSeconds: number
  /** Every so many-th limited answer leaves truncated instead of not at all; 0 for none. */
  readonly slip: number
  readonly ipv4Prefix: number
  readonly ipv6Prefix: number
  readonly exempt: readonly AddressRange[]
}

/** How an edge answers queries; see docs/answers.md. */
export interface AnswerConfig {
  /** What the edge says it takes over UDP, and the most it sends, in octets. */
  readonly udpSize: number
  /** One set stands for all in answers to ANY over UDP (RFC 8482). */
  readonly minimalAny: boolean
  readonly showVersion: boolean
  readonly showId: boolean
  readonly cookies: 'off' | 'answer' | 'require'
  /** Undefined: secrets follow from the master key. */
  readonly cookieSecretFile: string | undefined
  /** Undefined: answers are not limited. */
  readonly rateLimit: RateLimitConfig | undefined
}

export const ANSWER_VARIABLES = {
  ZONELOG_UDP_SIZE: {
    default: '1232',
    what: 'the largest UDP answer, and what EDNS says we take, in octets',
  },
  ZONELOG_MINIMAL_ANY: { default: 'yes', what: 'no: ANY over UDP gets every set of the name' },
  ZONELOG_SHOW_VERSION: { default: 'no', what: 'yes: version.bind (class CH) tells the version' },
  ZONELOG_SHOW_EDGE_ID: { default: 'no', what: 'yes: id.server (class CH) and NSID tell the edge id' },
  ZONELOG_COOKIES: { default: 'answer', what: 'DNS cookies: off, answer, or require' },
  ZONELOG_COOKIE_SECRET_FILE: {
    default: 'from the master key',
    what: 'secrets of cookies shared with other servers, 32 hexadecimal digits a line',
  },
  ZONELOG_RRL_RATE: {
    default: '0',
    what: 'UDP answers of one kind to one network a second; 0 is no limit',
  },
  ZONELOG_RRL_ALL_RATE: {
    default: '0',
    what: 'UDP answers of all kinds together to one network a second; 0 is no limit',
  },
  ZONELOG_RRL_WINDOW: { default: '15', what: 'how long rate limiting lasts at most, in seconds' },
  ZONELOG_RRL_SLIP: { default: '2', what: 'every so many-th limited answer leaves truncated; 0: none' },
  ZONELOG_RRL_IPV4_PREFIX: { default: '24', what: 'length of an IPv4 network for rate limiting' },
  ZONELOG_RRL_IPV6_PREFIX: { default: '56', what: 'length of an IPv6 network for rate limiting' },
  ZONELOG_RRL_EXEMPT: {
    default: '127.0.0.0/8,::1/128',
    what: 'addresses that are never limited, comma-separated; none for nobody',
  },
} as const

/** Reads the variables above through the reader of the whole configuration. */
export function readAnswerConfig(
  value: <T>(name: keyof typeof ANSWER_VARIABLES, read: Read<T>) => T | undefined,
  absolute: (path: string) => string,
): AnswerConfig {
  const file = value('ZONELOG_COOKIE_SECRET_FILE', text)
  const perSecond = value('ZONELOG_RRL_RATE', integer(0, 1_000_000)) ?? 0
  const allPerSecond = value('ZONELOG_RRL_ALL_RATE', integer(0, 1_000_000)) ?? 0
  const rateLimit = {
    perSecond,
    allPerSecond,
    windowSeconds: value('ZONELOG_RRL_WINDOW', integer(1, 3_600)) ?? 15,
    slip: value('ZONELOG_RRL_SLIP', integer(0, 10)) ?? 2,
    ipv4Prefix: value('ZONELOG_RRL_IPV4_PREFIX', integer(1, 32)) ?? 24,
    ipv6Prefix: value('ZONELOG_RRL_IPV6_PREFIX', integer(1, 128)) ?? 56,
    exempt: value('ZONELOG_RRL_EXEMPT', ranges) ?? ranges(ANSWER_VARIABLES.ZONELOG_RRL_EXEMPT.default),
  }
  return {
    udpSize: value('ZONELOG_UDP_SIZE', integer(512, 4_096)) ?? 1_232,
    minimalAny: value('ZONELOG_MINIMAL_ANY', yesOrNo) ?? true,
    showVersion: value('ZONELOG_SHOW_VERSION', yesOrNo) ?? false,
    showId: value('ZONELOG_SHOW_EDGE_ID', yesOrNo) ?? false,
    cookies: value('ZONELOG_COOKIES', oneOf(['off', 'answer', 'require'])) ?? 'answer',
    cookieSecretFile: file === undefined ? undefined : absolute(file),
    rateLimit: perSecond === 0 && allPerSecond === 0 ? undefined : rateLimit,
  }
}

/** Ranges with commas, or `none`. Throws as {@link parseRange}. */
export function ranges(input: string): readonly AddressRange[] {
  return input.toLowerCase() === 'none' ? [] : input.split(',').map((range) => parseRange(range.trim()))
}

const EXPECTED = 'address ranges such as 192.0.2.0/24 or 2001:db8::/32, comma-separated, or none'

/** `192.0.2.0/24`, `2001:db8::/32` or one address. Throws a RangeError that says what is allowed. */
export function parseRange(range: string): AddressRange {
  const parsed = parseRuleRange(range)
  if (!parsed.ok) throw new RangeError(`${EXPECTED}; ${parsed.reason}`)
  const { octets, bits } = parsed.value
  const network = networkOf(parsed.value)
  if (!isInRange(octets, { octets: network, bits: 8 * octets.length })) {
    const address = range.split('/')[0]
    const wide = ipaddr.fromByteArray([...network]).toString()
    throw new RangeError(
      `${EXPECTED}; '${range}' has bits behind its prefix: write ${wide}/${bits}, or ${address} for this address alone`,
    )
  }
  return { octets, bits }
}

function networkOf({ octets, bits }: AddressRange): Uint8Array {
  return octets.map((octet, at) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * at))))
}
