import { describeAnswers } from './answer/describe-answers.ts'
import type { Responder } from './answer/responder.ts'
import type { EdgeCatalog } from './catalog.ts'
import { type EdgeHealth, edgeHealth } from './health.ts'
import type { ListenerCounters } from './listeners/listener.ts'
import type { TcpListener } from './listeners/tcp.ts'
import type { UdpListener } from './listeners/udp.ts'
import type { EdgeMetrics } from './metrics.ts'
import type { Submitter } from './update/submitter.ts'
import { describeCache } from './zones/describe-cache.ts'
import type { ZoneCache } from './zones/zone-cache.ts'

/** The parts of an edge that its health and metrics speak of. */
export interface Observed {
  readonly catalog: EdgeCatalog
  readonly cache: ZoneCache
  readonly responder: Responder
  readonly submitter: Submitter
  readonly listeners: { readonly udp: UdpListener; readonly tcp: TcpListener }
  /** Whether the zones that are to be held before they are asked for have been tried. */
  readonly isPreloaded: () => boolean
  /** Whether the connection to NATS has ended for good. */
  readonly isClosed: () => boolean
  /** Whether it was asked to end, and takes no more updates. */
  readonly isDraining: () => boolean
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
  describeCache(metrics, cache)
  metrics.gauge(
    'zonelog_edge_updates_in_flight',
    'updates whose outcome is awaited',
    () => submitter.inFlight,
  )
  metrics.gauge(
    'zonelog_edge_tcp_unsent_octets',
    'octets of answers that clients over TCP have not taken, or are owed at most',
    () => listeners.tcp.unsent,
  )
  metrics.counter(
    'zonelog_edge_udp_shed_total',
    'datagrams let go without an answer in a flood, so that other senders are heard',
    () => listeners.udp.flood.share.shed,
  )
  metrics.counter(
    'zonelog_edge_udp_lost_total',
    'datagrams that the system dropped because the edge had not read those before them; known on Linux',
    () => listeners.udp.flood.lost,
  )
  for (const transport of keysOf(listeners))
    for (const name of keysOf(LISTENER_HELP))
      metrics.counter(
        `zonelog_edge_${transport}_${snake(name)}_total`,
        LISTENER_HELP[name],
        () => listeners[transport].counters[name],
      )
}

/** Of an edge that has not come so far that there are parts: `observed` is undefined. */
export function healthOf(isConnected: boolean, observed: Observed | undefined): EdgeHealth {
  if (observed === undefined) return healthAtStart(isConnected)
  const { catalog, cache, submitter, isPreloaded, isClosed, isDraining } = observed
  const { held, behind, expired, tooLarge, lagEvents, lagSeconds, unconfirmedSeconds, degraded } =
    cache.status()
  return edgeHealth({
    isStarted: true,
    isClosed: isClosed(),
    isPreloaded: isPreloaded(),
    isDraining: isDraining(),
    isUnconfirmed: degraded,
    nats: { connected: isConnected, breaker: submitter.breakerState },
    zones: { known: catalog.zoneCount, held, behind, expired, tooLarge },
    lag: { events: lagEvents, seconds: lagSeconds, unconfirmedSeconds },
    updatesInFlight: submitter.inFlight,
  })
}

function healthAtStart(connected: boolean): EdgeHealth {
  return edgeHealth({
    isStarted: false,
    isClosed: false,
    isPreloaded: false,
    isDraining: false,
    isUnconfirmed: false,
    nats: { connected, breaker: 'closed' },
    zones: { known: 0, held: 0, behind: 0, expired: 0, tooLarge: 0 },
    lag: { events: 0, seconds: 0, unconfirmedSeconds: 0 },
    updatesInFlight: 0,
  })
}

function keysOf<T extends string>(record: Readonly<Record<T, unknown>>): T[] {
  return Object.keys(record) as T[]
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
