import { Resolver } from 'node:dns/promises'
import type { NatsConnection } from 'nats'
import type { Config } from '../../../shared/config.ts'
import type { Logger } from '../../../shared/log.ts'
import { onReconnect } from '../../../shared/messaging/connect.ts'
import { answerForSecondaries } from '../../../shared/messaging/secondaries-service.ts'
import type { ServiceMetrics } from '../../../shared/metrics/service-metrics.ts'
import type { EdgeCatalog } from '../catalog.ts'
import { isWildcard, type Requester } from '../listeners/listener.ts'
import type { RunningZoneCache } from '../zones/follow-events.ts'
import { askForApex } from '../zones/zone-apex.ts'
import { whileBusy } from '../zones/zone-client.ts'
import { NotifyExchange } from './exchange.ts'
import { HostAddresses } from './host-addresses.ts'
import { Notifier } from './notifier.ts'
import { NotifyMetrics } from './notify-metrics.ts'
import { Pace } from './pace.ts'
import { EdgePeers } from './peers.ts'
import { Sightings } from './sightings.ts'
import { readSoaQuery } from './soa-query.ts'
import { ownAddresses } from './targets.ts'

export interface NotifyingOptions {
  readonly nats: NatsConnection
  readonly catalog: EdgeCatalog
  readonly zones: Pick<RunningZoneCache, 'cache' | 'client' | 'whenEvent'>
  readonly metrics: ServiceMetrics
  readonly config: Pick<Config, 'edgeId' | 'dnsListen' | 'notify' | 'notifyRate'>
  readonly log: Logger
}

export interface Notifying {
  readonly sightings: Sightings
  /** A message came in: a secondary that asks for a zone's SOA is there. Costs next to nothing for all others. */
  heard(bytes: Uint8Array, from: Requester): void
  zoneGone(zoneId: number): void
  close(): void
}

/** Starts to notify secondaries of changes, and to tell the writers how they stand. */
export function startNotifying({ nats, catalog, zones, metrics, config, log }: NotifyingOptions): Notifying {
  const exchange = new NotifyExchange(sourcesOf(config))
  const pace = new Pace(config.notifyRate)
  const peers = new EdgePeers(config.edgeId)
  const notifier: Notifier = new Notifier({
    catalog,
    cache: zones.cache,
    exchange,
    pace,
    hosts: new HostAddresses(new Resolver({ timeout: 3_000, tries: 2 })),
    isOwn: ownAddresses(config.dnsListen),
    askForApex: (zone) => whileBusy(() => askForApex(nats, zone)),
    askForHeads: (zoneIds) => zones.client.heads(zoneIds),
    owns: (zoneId) => peers.owns(zoneId),
    mostMode: config.notify,
    metrics: new NotifyMetrics(
      metrics,
      () => notifier.pending,
      () => notifier.lags(),
    ),
    log,
  })
  metrics.gauge(
    'zonelog_edge_notify_waiting',
    'NOTIFY messages that wait for their turn, see ZONELOG_NOTIFY_RATE',
    () => pace.waiting,
  )
  const sightings = new Sightings(nats, (zoneId, sighting) => notifier.seen(zoneId, sighting))
  zones.whenEvent((zoneId) => notifier.changed(zoneId))
  catalog.whenZoneSet((zone) => notifier.settingsChanged(zone))
  const unlisten = onReconnect(nats, () => void notifier.eventsMissed())
  const stop = answerForSecondaries(nats, (zoneId) => ({
    edge: config.edgeId,
    secondaries: notifier.statusOf(zoneId),
    sightings: sightings.of(zoneId),
  }))
  // whoever was to be told while no edge ran is told now
  void peers.follow(nats, log, () => notifier.edgesChanged()).then(() => notifier.edgesChanged())

  return {
    sightings,
    heard(bytes, from) {
      if (!sightings.knows(from.address) && !notifier.knows(from.address)) return
      const name = readSoaQuery(bytes)
      const zone = name && catalog.zoneNamed(name)
      if (zone === undefined) return
      sightings.again(zone, from)
      notifier.heardOf(zone.id, from.address)
    },
    zoneGone(zoneId) {
      notifier.zoneGone(zoneId)
      sightings.forget(zoneId)
    },
    close() {
      stop()
      unlisten()
      peers.close()
      notifier.close()
      pace.close()
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
