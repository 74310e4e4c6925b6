import type { NatsConnection } from 'nats'
import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Logger } from '../../../shared/log.ts'
import { onDisconnect, onReconnect } from '../../../shared/messaging/connect.ts'
import { ALL_EVENTS, zoneOfEventSubject } from '../../../shared/messaging/subjects.ts'
import { Turns } from '../turns.ts'
import type { Catalog } from './catalog-view.ts'
import { type HistoryClient, natsHistoryClient } from './history-client.ts'
import { type CacheLimits, LIMITS } from './limits.ts'
import { ZoneCache } from './zone-cache.ts'
import { natsZoneClient, type ZoneClient } from './zone-client.ts'

export interface ZoneCacheOptions {
  /** From shared/messaging/connect.ts. */
  readonly nats: NatsConnection
  readonly catalog: Catalog
  readonly log: Logger
  readonly limits?: Partial<CacheLimits>
  /** Told how long after it was decided an event was applied here, in ms. */
  readonly onApplied?: (ms: number) => void
  /** Zones to hold before they are asked for, new ones too; without it zones are fetched when they are. */
  readonly preload?: () => Iterable<CatalogZone>
  /** Shared with the outcomes that rest on the events, so that these are applied first. */
  readonly turns?: Turns
}

export interface RunningZoneCache {
  readonly cache: ZoneCache
  readonly client: Pick<ZoneClient, 'heads'>
  /** What changed since any serial of a zone, for transfers. */
  readonly history: HistoryClient
  /**
   * Is called for each event, of whichever zone, once the zone that is held has it, and when a held zone caught up with events
   * that were missed. Those of zones that are not held may be missed while disconnected: ask for the zones' heads then.
   */
  whenEvent(listener: (zoneId: number) => void): void
  /** Whether the zones to preload have been tried once. */
  isPreloaded(): boolean
  close(): Promise<void>
}

/** While writers do not answer they are asked more often, so that recovery shows soon. */
const DEGRADED_SWEEP_MS = 500

/**
 * A zone cache that follows the events on NATS. Core subscriptions may lose events (while disconnected, or when this process
 * is slow), so the writers are asked where the zones stand: every few seconds, and as soon as a connection is back.
 */
export function startZoneCache(options: ZoneCacheOptions): RunningZoneCache {
  const { nats, log, limits, preload, turns = new Turns() } = options
  let onEvent: (zoneId: number) => void = () => {}
  const onCaughtUp = (zoneId: number) => onEvent(zoneId)
  const history = natsHistoryClient(nats)
  const client = natsZoneClient(nats, history)
  const cache = new ZoneCache({ ...options, client, onCaughtUp })
  const events = nats.subscribe(ALL_EVENTS, {
    callback: (error, message) => {
      if (error === null) {
        cache.arrived(message.data)
        turns.add(() => onEvent(cache.offer(message.data) ?? zoneOfEventSubject(message.subject)))
      } else log.warn({ error }, 'subscription to zone events failed')
    },
  })
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let isPreloaded = preload === undefined
  async function sweep(): Promise<void> {
    await cache.sweep()
    if (preload !== undefined && !closed)
      void cache.preload(preload()).then(() => {
        isPreloaded = true
      })
    clearTimeout(timer)
    if (closed) return
    const { sweepMs } = { ...LIMITS, ...limits }
    timer = setTimeout(sweep, cache.status().degraded ? Math.min(DEGRADED_SWEEP_MS, sweepMs) : sweepMs)
  }
  void sweep()
  const stopListening = [
    onDisconnect(nats, () => cache.setDegraded(true)),
    onReconnect(nats, () => void sweep()),
  ]

  return {
    cache,
    client,
    history,
    whenEvent(listener) {
      onEvent = listener
    },
    isPreloaded: () => isPreloaded,
    async close() {
      closed = true
      clearTimeout(timer)
      for (const stop of stopListening) stop()
      events.unsubscribe()
      cache.close()
    },
  }
}
