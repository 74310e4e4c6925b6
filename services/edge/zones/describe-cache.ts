import type { ServiceMetrics } from '../../../shared/metrics/service-metrics.ts'
import type { CacheCounters } from './limits.ts'
import type { ZoneCache } from './zone-cache.ts'

const COUNTERS: Readonly<Record<keyof CacheCounters, string>> = {
  snapshots: 'zones fetched whole',
  failedFetches: 'fetches from writers that failed',
  busyWriters: 'times that a writer had too much to do and was asked again',
  gapFetches: 'requests for events that were missed',
  eventsApplied: 'events applied to cached zones',
  faults: 'events and snapshots that were damaged or did not fit, so that the zone was fetched again',
  unavailable: 'queries refused because the zone could not be had in a state that may be served',
  reachTimeouts: 'updates answered before this edge had reached their state',
  failedSweeps: 'checks of all zones against the writers that failed',
  tooLarge: 'zones refused because one alone is larger than the memory budget',
  expired: 'zones not served any more because nobody confirmed them for the expire time of their SOA',
}

/** Puts the state of the zone cache on /metrics. */
export function describeCache(metrics: ServiceMetrics, cache: ZoneCache): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge(`zonelog_edge_${name}`, help, read)
  gauge('cached_zones', 'zones held in memory', () => cache.status().held)
  gauge('zones_behind', 'zones known to lack events', () => cache.status().behind)
  gauge(
    'zones_expired',
    'zones not served: unconfirmed for the expire time of their SOA',
    () => cache.status().expired,
  )
  gauge('zones_too_large', 'zones not served: larger than the memory budget', () => cache.status().tooLarge)
  gauge('lag_events', 'events known to be lacking, of all zones', () => cache.status().lagEvents)
  gauge('lag_seconds', 'how long the oldest lacking event has been known', () => cache.status().lagSeconds)
  gauge(
    'unconfirmed_seconds',
    'how long ago the zone was confirmed that has waited for it longest',
    () => cache.status().unconfirmedSeconds,
  )
  gauge('cache_octets', 'memory that zones take, about', () => cache.budget.octets)
  gauge('cache_limit_octets', 'memory that zones may take', () => cache.budget.limit)
  metrics.counter(
    'zonelog_edge_cache_evictions_total',
    'zones dropped to make room for others',
    () => cache.budget.evictions,
  )
  for (const name of Object.keys(COUNTERS) as (keyof CacheCounters)[])
    metrics.counter(`zonelog_edge_cache_${snake(name)}_total`, COUNTERS[name], () => cache.counters[name])
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
