import { type Endpoint, endpoints, integer, oneOf, type Read, text, yesOrNo } from './read.ts'

/** Which addresses HTTP updates may bring; see docs/http-updates.md. */
export const ACCEPTED_ADDRESSES = ['unicast', 'public', 'any'] as const
export type AcceptedAddresses = (typeof ACCEPTED_ADDRESSES)[number]

/** Updates over HTTP; see docs/http-updates.md. */
export interface HttpUpdatesConfig {
  /** Whether the address of health and metrics takes updates too. */
  readonly besideMetrics: boolean
  /** Addresses that serve nothing but updates. */
  readonly listen: readonly Endpoint[]
  readonly tlsListen: readonly Endpoint[]
  /** PEM files, absolute; there where `tlsListen` holds something. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly accepted: AcceptedAddresses
  /** Of records that were not there before, in seconds. */
  readonly ttl: number
  /** Requests that one address may send in a minute. */
  readonly perMinute: number
  /** GnuDIP, whose passwords rest on MD5: over TCP at these addresses, and over HTTP beside the other forms. */
  readonly gnudip: { readonly listen: readonly Endpoint[]; readonly overHttp: boolean }
}

export const HTTP_UPDATE_VARIABLES = {
  ZONELOG_HTTP_UPDATES: {
    default: 'yes',
    what: 'no: ZONELOG_EDGE_HTTP_LISTEN serves health and metrics only, and takes no updates',
  },
  ZONELOG_HTTP_UPDATE_LISTEN: {
    default: 'none',
    what: 'addresses for HTTP updates and nothing else, comma-separated, such as 0.0.0.0:80,0.0.0.0:8245',
  },
  ZONELOG_HTTPS_UPDATE_LISTEN: { default: 'none', what: 'the same with TLS, such as 0.0.0.0:443' },
  ZONELOG_EDGE_TLS_CERT: {
    default: 'none',
    what: 'PEM file of the certificates for them; read again when it changes',
  },
  ZONELOG_EDGE_TLS_KEY: { default: 'none', what: 'PEM file of the private key' },
  ZONELOG_HTTP_UPDATE_ADDRESSES: {
    default: 'unicast',
    what: 'what HTTP updates may put into A and AAAA: unicast (private networks too), public, or any',
  },
  ZONELOG_HTTP_UPDATE_TTL: {
    default: '60',
    what: 'TTL of records that HTTP updates make, in seconds; a record that is there keeps its own',
  },
  ZONELOG_HTTP_UPDATE_RATE: {
    default: '300',
    what: 'HTTP update requests that one address may send to an edge in a minute',
  },
  ZONELOG_GNUDIP_LISTEN: {
    default: 'none',
    what: 'addresses for GnuDIP over TCP, comma-separated, such as 0.0.0.0:3495; its passwords rest on MD5',
  },
  ZONELOG_GNUDIP_HTTP: { default: 'no', what: 'yes: GnuDIP over HTTP beside the other forms' },
} as const

/** Reads the variables above; `fault` takes what is wrong between them. */
export function readHttpUpdatesConfig(
  value: <T>(name: keyof typeof HTTP_UPDATE_VARIABLES, read: Read<T>) => T | undefined,
  absolute: (path: string) => string,
  fault: (text: string) => void,
): HttpUpdatesConfig {
  const tlsListen = value('ZONELOG_HTTPS_UPDATE_LISTEN', listed) ?? []
  const certFile = value('ZONELOG_EDGE_TLS_CERT', text)
  const keyFile = value('ZONELOG_EDGE_TLS_KEY', text)
  if ((certFile === undefined) !== (keyFile === undefined) || (tlsListen.length > 0 && !certFile))
    fault('ZONELOG_HTTPS_UPDATE_LISTEN needs both files, ZONELOG_EDGE_TLS_CERT and ZONELOG_EDGE_TLS_KEY')
  return {
    besideMetrics: value('ZONELOG_HTTP_UPDATES', yesOrNo) ?? true,
    listen: value('ZONELOG_HTTP_UPDATE_LISTEN', listed) ?? [],
    tlsListen,
    tls:
      certFile === undefined || keyFile === undefined
        ? undefined
        : { certFile: absolute(certFile), keyFile: absolute(keyFile) },
    accepted: value('ZONELOG_HTTP_UPDATE_ADDRESSES', oneOf(ACCEPTED_ADDRESSES)) ?? 'unicast',
    ttl: value('ZONELOG_HTTP_UPDATE_TTL', integer(1, 86_400)) ?? 60,
    perMinute: value('ZONELOG_HTTP_UPDATE_RATE', integer(1, 1_000_000)) ?? 300,
    gnudip: {
      listen: value('ZONELOG_GNUDIP_LISTEN', listed) ?? [],
      overHttp: value('ZONELOG_GNUDIP_HTTP', yesOrNo) ?? false,
    },
  }
}

const listed: Read<readonly Endpoint[]> = (input) => (input === 'none' ? [] : endpoints(input))
