import type { HostResult } from './change-hosts.ts'

/** A word of dyndns2 and the status that tells the same truth. */
export interface Said {
  readonly word: string
  readonly status: number
}

/** What the words of dyndns2 are for each reason; whatever is not listed is `dnserr`, which no client takes for success. */
const WORDS: Readonly<Record<string, Said>> = {
  'unknown-zone': { word: 'nohost', status: 404 },
  'zone-unknown': { word: 'nohost', status: 404 },
  'zone-deleted': { word: 'nohost', status: 404 },
  'http-nothing-there': { word: 'nohost', status: 404 },
  'http-malformed': { word: 'notfqdn', status: 400 },
  'http-address': { word: 'dnserr', status: 400 },
  'http-token-scope': { word: '!yours', status: 403 },
  'not-admitted': { word: '!yours', status: 403 },
  'not-permitted': { word: '!yours', status: 403 },
  denied: { word: '!yours', status: 403 },
  'rate-limited': { word: 'abuse', status: 429 },
  'too-many-in-flight': { word: 'abuse', status: 429 },
  'rule-limit': { word: 'dnserr', status: 409 },
  limit: { word: 'dnserr', status: 409 },
  prerequisite: { word: 'dnserr', status: 409 },
  'rules-unreadable': { word: '911', status: 503 },
  // a writer took it too late, and did not apply it
  expired: { word: '911', status: 503 },
  overloaded: { word: '911', status: 503 },
  'breaker-open': { word: '911', status: 503 },
  'nats-disconnected': { word: '911', status: 503 },
  'stream-refused': { word: '911', status: 503 },
  'http-unavailable': { word: '911', status: 503 },
}

export function said({ what, reason }: HostResult): Said {
  switch (what) {
    case 'changed':
      return { word: 'good', status: 200 }
    case 'unchanged':
      return { word: 'nochg', status: 200 }
    case 'unknown':
      return { word: '911', status: 503 }
    case 'held-back':
      return { word: 'dnserr', status: 424 }
    default:
      return WORDS[reason] ?? { word: 'dnserr', status: 500 }
  }
}

/** Whether nobody knows what became of a host: no form may tell that as an error (P3). */
export function isUnknown(results: readonly HostResult[]): boolean {
  return results.some(({ what }) => what === 'unknown')
}

/** The status of a whole request: the first that is no success, those that only follow from another last. */
export function statusOf(all: readonly Said[]): number {
  const failed = all.filter(({ status }) => status !== 200)
  return failed.find(({ status }) => status !== 424)?.status ?? failed[0]?.status ?? 200
}
