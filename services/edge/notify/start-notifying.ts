import type { NatsConnection } from 'nats'
import type { Config } from '../../../shared/config.ts'
import type { Logger } from '../../../shared/log.ts'
import { answerForSecondaries } from '../../../shared/messaging/secondaries-service.ts'
import type { ServiceMetrics } from '../../../shared/metrics.ts'
import type { EdgeCatalog } from '../catalog.ts'
import { isWildcard } from '../listeners/listener.ts'
import type { RunningZoneCache } from '../zones/follow-events.ts'
import { NotifyExchange } from './exchange.ts'
import { Notifier } from './notifier.ts'
import { NotifyMetrics } from './notify-metrics.ts'
import { EdgePeers } from './peers.ts'
import { Sightings } from './sightings.ts'

export interface NotifyingOptions {
  readonly nats: NatsConnection
  readonly catalog: EdgeCatalog
  readonly zones: Pick<RunningZoneCache, 'cache' | 'whenEvent'>
  readonly metrics: ServiceMetrics
  readonly config: Pick<Config, 'edgeId' | 'dnsListen' | 'notify'>
  readonly log: Logger
}

export interface Notifying {
  readonly sightings: Sightings
  zoneGone(zoneId: number): void
  close(): void
}

/** Starts to notify secondaries of changes, and to tell the writers how they stand. */
export function startNotifying({ nats, catalog, zones, metrics, config, log }: NotifyingOptions): Notifying {
  const exchange = new NotifyExchange(sourcesOf(config))
  const peers = new EdgePeers(config.edgeId)
  const notifier: Notifier = new Notifier({
    catalog,
    cache: zones.cache,
    exchange,
    owns: (zoneId) => peers.owns(zoneId),
    mostMode: config.notify,
    metrics: new NotifyMetrics(
      metrics,
      () => notifier.pending,
      () => notifier.lags(),
    ),
    log,
  })
  const sightings = new Sightings(nats, (zoneId, sighting) => notifier.seen(zoneId, sighting))
  zones.whenEvent((zoneId) => notifier.changed(zoneId))
  catalog.whenZoneSet((zone) => notifier.settingsChanged(zone))
  const stop = answerForSecondaries(nats, (zoneId) => ({
    edge: config.edgeId,
    secondaries: notifier.statusOf(zoneId),
    sightings: sightings.of(zoneId),
  }))
  // whoever was to be told while no edge ran is told now
  void peers.follow(nats, log, () => notifier.edgesChanged()).then(() => notifier.edgesChanged())

  return {
    sightings,
    zoneGone(zoneId) {
      notifier.zoneGone(zoneId)
      sightings.forget(zoneId)
    },
    close() {
      stop()
      peers.close()
      notifier.close()
      sightings.close()
      exchange.close()
    },
  }
}

/** Addresses that secondaries know this edge by. From one of this machine alone nothing can be sent elsewhere. */
function sourcesOf({ dnsListen }: Pick<Config, 'dnsListen'>): string[] {
  return dnsListen
    .filter((one) => !isWildcard(one) && !/^(127\.|::1$)/.test(one.host))
    .map(({ host }) => host)
}
