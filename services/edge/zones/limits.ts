/** Times in ms. */
export interface CacheLimits {
  /** How long a query waits for a zone that is being fetched. */
  readonly queryWaitMs: number
  /** How long {@link ZoneCache.reach} holds an answer back. */
  readonly reachMs: number
  /** How long an event that is known to exist may be under way before it is asked for. */
  readonly nudgeMs: number
  /** Tries in a row before queries are refused and the writers are left alone for `retryMs`. */
  readonly attempts: number
  readonly retryMs: number
  /** How often the writers are asked where each zone stands. */
  readonly sweepMs: number
  /** Snapshots fetched at once: so many of small zones, and so many of large ones. */
  readonly snapshotsAtOnce: number
  /** Queries that wait for one zone at once. */
  readonly waiting: number
  /** Events of one zone that are kept until their turn, and their octets. */
  readonly earlyEvents: number
  readonly earlyOctets: number
  /** Octets that all zones together may take. */
  readonly budgetOctets: number
  /** How long a zone that is larger than that is left alone for the first time; then twice as long each time. */
  readonly tooLargeMs: number
  /** A zone is served unconfirmed for this long at least, whatever the SOA says: a few sweeps. */
  readonly leastExpireMs: number
}

export const LIMITS: CacheLimits = {
  queryWaitMs: 2_000,
  reachMs: 300,
  nudgeMs: 25,
  attempts: 4,
  retryMs: 1_000,
  sweepMs: 3_000,
  snapshotsAtOnce: 4,
  waiting: 1_000,
  earlyEvents: 1_000,
  earlyOctets: 4 * 1024 * 1024,
  budgetOctets: Number.POSITIVE_INFINITY,
  tooLargeMs: 60_000,
  leastExpireMs: 10_000,
}

export interface CacheCounters {
  snapshots: number
  /** Fetches that failed, whatever was fetched. */
  failedFetches: number
  /** Times that a writer had too much to do and was asked again. */
  busyWriters: number
  /** Requests for the events of a gap. */
  gapFetches: number
  /** Events applied, as they came or from a gap. */
  eventsApplied: number
  /** Events and snapshots that were unreadable or did not fit, so that the zone was fetched again. */
  faults: number
  /** Queries refused because the zone was not at hand in a state that may be served. */
  unavailable: number
  /** Updates answered before this edge had reached their state. */
  reachTimeouts: number
  /** Checks of all zones against the writers that failed. */
  failedSweeps: number
  /** Times that a zone was refused because it is larger than the memory budget. */
  tooLarge: number
  /** Times that a zone was not served any more because nobody had confirmed it for its SOA's expire time. */
  expired: number
}

export function newCacheCounters(): CacheCounters {
  return {
    snapshots: 0,
    failedFetches: 0,
    busyWriters: 0,
    gapFetches: 0,
    eventsApplied: 0,
    faults: 0,
    unavailable: 0,
    reachTimeouts: 0,
    failedSweeps: 0,
    tooLarge: 0,
    expired: 0,
  }
}
