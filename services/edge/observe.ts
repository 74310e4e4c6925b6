import { describeAnswers } from './answer/describe-answers.ts'
import type { Responder } from './answer/responder.ts'
import type { EdgeCatalog } from './catalog.ts'
import type { EdgeHealth } from './http.ts'
import type { Listener, ListenerCounters } from './listeners/listener.ts'
import type { EdgeMetrics } from './metrics.ts'
import type { Submitter } from './update/submitter.ts'
import type { CacheCounters } from './zones/limits.ts'
import type { ZoneCache } from './zones/zone-cache.ts'

/** The parts of an edge that its health and metrics speak of. */
export interface Observed {
  readonly catalog: EdgeCatalog
  readonly cache: ZoneCache
  readonly responder: Responder
  readonly submitter: Submitter
  readonly listeners: Readonly<Record<'udp' | 'tcp', Listener>>
  readonly isConnected: () => boolean
  /** Whether the connection to NATS has ended for good. */
  readonly isClosed: () => boolean
}

const CACHE_HELP: Readonly<Record<keyof CacheCounters, string>> = {
  snapshots: 'zones fetched whole',
  failedFetches: 'fetches from writers that failed',
  gapFetches: 'requests for events that were missed',
  eventsApplied: 'events applied to cached zones',
  faults: 'zones dropped because an event was unreadable or did not fit',
  unavailable: 'queries refused because the zone could not be had in a state that may be served',
  reachTimeouts: 'updates answered before this edge had reached their state',
  failedSweeps: 'checks of all zones against the writers that failed',
}

const LISTENER_HELP: Readonly<Record<keyof ListenerCounters, string>> = {
  messages: 'messages received',
  answers: 'answers sent',
  overload: 'messages or connections turned away because too much was under way',
  socketErrors: 'answers that could not be sent and connections that broke',
  faults: 'messages that failed for a fault of ours',
}

/** Puts the state of the parts on /metrics. */
export function describe(
  metrics: EdgeMetrics,
  { catalog, cache, responder, submitter, listeners }: Observed,
): void {
  describeAnswers(metrics, responder)
  metrics.gauge('zonelog_edge_zones', 'zones in the catalog', () => catalog.zoneCount)
  metrics.gauge('zonelog_edge_cached_zones', 'zones held in memory', () => cache.status().held)
  metrics.gauge('zonelog_edge_zones_behind', 'zones known to lack events', () => cache.status().behind)
  metrics.gauge(
    'zonelog_edge_updates_in_flight',
    'updates whose outcome is awaited',
    () => submitter.inFlight,
  )
  for (const name of keysOf(CACHE_HELP))
    metrics.counter(`zonelog_edge_cache_${snake(name)}_total`, CACHE_HELP[name], () => cache.counters[name])
  for (const transport of keysOf(listeners))
    for (const name of keysOf(LISTENER_HELP))
      metrics.counter(
        `zonelog_edge_${transport}_${snake(name)}_total`,
        LISTENER_HELP[name],
        () => listeners[transport].counters[name],
      )
}

export function healthOf({ catalog, cache, submitter, isConnected, isClosed }: Observed): EdgeHealth {
  const connected = isConnected()
  const breaker = submitter.breakerState
  const { held, behind, degraded } = cache.status()
  const accepting = connected && breaker !== 'open'
  return {
    status: accepting && !degraded ? 'ok' : 'degraded',
    live: !isClosed(),
    ready: !isClosed(),
    accepting,
    nats: { connected, breaker },
    zones: { known: catalog.zoneCount, held, behind },
    updatesInFlight: submitter.inFlight,
  }
}

function keysOf<T extends string>(record: Readonly<Record<T, unknown>>): T[] {
  return Object.keys(record) as T[]
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
