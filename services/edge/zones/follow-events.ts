import type { NatsConnection } from 'nats'
import type { Logger } from '../../../shared/log.ts'
import { onDisconnect, onReconnect } from '../../../shared/messaging/connect.ts'
import { ALL_EVENTS } from '../../../shared/messaging/subjects.ts'
import type { Catalog } from './catalog-view.ts'
import { type CacheLimits, LIMITS } from './limits.ts'
import { ZoneCache } from './zone-cache.ts'
import { natsZoneClient } from './zone-client.ts'

export interface ZoneCacheOptions {
  /** From shared/messaging/connect.ts. */
  readonly nats: NatsConnection
  readonly catalog: Catalog
  readonly log: Logger
  readonly limits?: Partial<CacheLimits>
}

export interface RunningZoneCache {
  readonly cache: ZoneCache
  close(): Promise<void>
}

/**
 * A zone cache that follows the events on NATS. Core subscriptions may lose events (while disconnected, or when this process
 * is slow), so the writers are asked where the zones stand: every few seconds, and as soon as a connection is back.
 */
export function startZoneCache({ nats, catalog, log, limits }: ZoneCacheOptions): RunningZoneCache {
  const cache = new ZoneCache({ client: natsZoneClient(nats), catalog, log, limits })
  const events = nats.subscribe(ALL_EVENTS, {
    callback: (error, message) => {
      if (error === null) cache.offer(message.data)
      else log.warn({ error }, 'subscription to zone events failed')
    },
  })
  const sweeps = setInterval(() => void cache.sweep(), limits?.sweepMs ?? LIMITS.sweepMs)
  const stopListening = [
    onDisconnect(nats, () => cache.setDegraded(true)),
    onReconnect(nats, () => void cache.sweep()),
  ]

  return {
    cache,
    async close() {
      clearInterval(sweeps)
      for (const stop of stopListening) stop()
      events.unsubscribe()
      cache.close()
    },
  }
}
