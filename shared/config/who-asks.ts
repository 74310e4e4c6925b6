import { type AddressRange, ranges } from './answers.ts'
import type { Read } from './read.ts'

/** Who reads `/metrics` of a service. */
export interface MetricsAccess {
  /** From where it is read without a token. */
  readonly from: readonly AddressRange[]
  /** What others send; undefined where the edge gives others nothing, and the writer only those with a token of the API. */
  readonly token: string | undefined
}

export interface WhoAsksConfig {
  /** Who may say in X-Forwarded-For whom he speaks for, and in X-Forwarded-Proto how that one came. */
  readonly trustedProxies: readonly AddressRange[]
  readonly metricsAccess: MetricsAccess
}

export const WHO_ASKS_VARIABLES = {
  ZONELOG_TRUSTED_PROXIES: {
    default: 'none',
    what: 'address ranges of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, by the API and by HTTP updates, comma-separated',
  },
  ZONELOG_METRICS_FROM: {
    default: '127.0.0.0/8,::1/128',
    what: 'address ranges from which /metrics is read without a token, comma-separated; none for nobody',
  },
  ZONELOG_METRICS_TOKEN: {
    default: 'none',
    what: 'token with which /metrics of edges and writers is read from elsewhere, at least 16 characters; without it a writer takes tokens of the API, and an edge nobody',
  },
} as const

/** Reads the variables above through the reader of the whole configuration. */
export function readWhoAsksConfig(
  value: <T>(name: keyof typeof WHO_ASKS_VARIABLES, read: Read<T>) => T | undefined,
): WhoAsksConfig {
  return {
    trustedProxies: value('ZONELOG_TRUSTED_PROXIES', ranges) ?? [],
    metricsAccess: {
      from: value('ZONELOG_METRICS_FROM', ranges) ?? ranges(WHO_ASKS_VARIABLES.ZONELOG_METRICS_FROM.default),
      token: value('ZONELOG_METRICS_TOKEN', bearerToken),
    },
  }
}

/** RFC 6750 §2.1. */
const bearerToken: Read<string> = (input) => {
  if (/^[\w.~+/-]{16,}=*$/.test(input)) return input
  throw new RangeError('at least 16 letters, digits and -._~+/ (`openssl rand -hex 24` makes some)')
}
