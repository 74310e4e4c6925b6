import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import { Closers } from '../../shared/closers.ts'
import { endpointText } from '../../shared/config/read.ts'
import { type Config, requireUrl } from '../../shared/config.ts'
import { rcodeToText } from '../../shared/dns/codes.ts'
import type { Logger } from '../../shared/log.ts'
import { closeNats, connectNats, isConnected } from '../../shared/messaging/connect.ts'
import { answerProbes } from '../../shared/messaging/master-key-probe.ts'
import { announce } from '../../shared/messaging/presence.ts'
import { isAway, isNotFound, isUnanswered } from '../../shared/messaging/streams.ts'
import { keyUsageSubject, refusalSubject } from '../../shared/messaging/subjects.ts'
import { describeProcess } from '../../shared/metrics/process-metrics.ts'
import type { Service } from '../../shared/run-service.ts'
import { MasterKeys } from '../../shared/secrets/master-keys.ts'
import { DRAIN_MS } from '../../shared/time-limits.ts'
import { startTracing } from '../../shared/tracing/tracing.ts'
import { buildResponder } from './answer/build-responder.ts'
import { BoundedWork } from './bounded-work.ts'
import { EdgeCatalog } from './catalog.ts'
import { startDigestService } from './digest.ts'
import { Draining } from './draining.ts'
import { ProvenSenders } from './flood/proven-senders.ts'
import { handleMessage, type MessageContext } from './handle-message.ts'
import { startHttp, type UpdatesBeside } from './http.ts'
import { natsRegistrar } from './http-updates/accounts/registrar.ts'
import { startHttpUpdates } from './http-updates/start-http-updates.ts'
import { KeyUsageLog } from './key-usage-log.ts'
import { listenTcp } from './listeners/tcp.ts'
import { listenUdp } from './listeners/udp.ts'
import { EdgeMetrics } from './metrics.ts'
import { startNotifying } from './notify/start-notifying.ts'
import { describe, healthOf, type Observed } from './observe.ts'
import { CondensedRoom } from './transfers/condensed-room.ts'
import { refusedTransfers } from './transfers/refused-transfers.ts'
import { Slots } from './transfers/slots.ts'
import { TransferMetrics } from './transfers/transfer-metrics.ts'
import { Transfers } from './transfers/transfers.ts'
import { Turns } from './turns.ts'
import { RefusalLog } from './update/refusal-log.ts'
import { RefusedSignatures } from './update/refused-signatures.ts'
import { MOST_TURNED_AWAY, Resends } from './update/resends.ts'
import { Submitter } from './update/submitter.ts'
import { UpdateLimits } from './update/update-limits.ts'
import { startZoneCache } from './zones/follow-events.ts'

const MOST_IN_FLIGHT = 10_000
/** Signatures that wait for their turn to be verified: a fraction of a second's work. */
const SIG0_LINE = 64

/** Builds an edge from its configuration and starts it. It talks to NATS only (P8). */
export async function startEdge(config: Config, log: Logger): Promise<Service> {
  const natsUrl = requireUrl(config.natsUrl, 'ZONELOG_NATS_URL')
  const masterKeys = MasterKeys.read(config.masterKeys)
  const closers = new Closers()
  try {
    const nats = await connectNats(natsUrl, `zonelog edge ${config.edgeId}`, log, {
      access: config.natsAccess,
      inboxOf: `edge.${config.edgeId}`,
    })
    closers.add(() => closeNats(nats))
    const metrics = new EdgeMetrics(config.metricZones)
    describeProcess(metrics, 'zonelog_edge', config.edgeId)
    // the first of all, so that whoever probes learns that it lives and what it waits for
    let observed: Observed | undefined
    const health = () => healthOf(isConnected(nats), observed)
    let beside: UpdatesBeside | undefined
    const http = await startHttp(config, metrics, health, () => beside)
    closers.add(() => http.close())
    const catalog = await followCatalog(nats, masterKeys, config, log)
    closers.add(() => catalog.close())
    const tracing = await startTracing(config, { name: 'edge', id: config.edgeId }, log)
    closers.add(async () => await tracing?.close())
    const turns = new Turns()
    metrics.gauge(
      'zonelog_edge_turns_waiting',
      'events and outcomes that have come and wait for their turn',
      () => turns.waiting,
    )
    const zones = startZoneCache({
      nats,
      turns,
      catalog,
      log,
      limits: { budgetOctets: config.edgeCacheMib * 2 ** 20 },
      onApplied: (ms) => metrics.eventApplied(ms),
      ...(config.edgePreload ? { preload: () => catalog.zones() } : {}),
    })
    closers.add(() => zones.close())
    const refusals = new RefusalLog({
      edgeId: config.edgeId,
      now: Date.now,
      send: async (report) => void (await nats.jetstream().publish(refusalSubject(config.edgeId), report)),
      onRefusal: (reason) => metrics.refusal(reason),
      onRow: ({ firstAt, lastAt, count, rcode, ...refused }) =>
        log.info({ ...refused, rcode: rcode === null ? null : rcodeToText(rcode) }, 'refused'),
    })
    closers.add(() => refusals.close())
    const keyUsage = new KeyUsageLog(
      async (report) => void (await nats.jetstream().publish(keyUsageSubject(config.edgeId), report)),
    )
    closers.add(() => keyUsage.close())
    const submitter = new Submitter({
      nats,
      edgeId: config.edgeId,
      partitions: config.partitions,
      log,
      mostInFlight: MOST_IN_FLIGHT,
      reach: (zoneId, seq) => zones.cache.reach(zoneId, seq),
      onBreaker: (state) => metrics.breakerState(state),
      stages: metrics.stages,
      turns,
    })
    closers.add(() => submitter.close(0))

    const digests = startDigestService({ nats, cache: zones.cache, edgeId: config.edgeId, log })
    closers.add(() => digests.close())
    const notifying = startNotifying({ nats, catalog, zones, metrics, config, log })
    closers.add(() => notifying.close())
    catalog.whenZoneGone((zoneId) => {
      zones.cache.forget(zoneId)
      notifying.zoneGone(zoneId)
    })
    const responder = buildResponder(config, masterKeys, zones.cache, catalog)
    const slots = new Slots()
    const room = new CondensedRoom()
    const noteTransfer = refusedTransfers(refusals)
    const transfers = new Transfers({
      catalog,
      cache: zones.cache,
      history: zones.history,
      slots,
      room,
      metrics: new TransferMetrics(metrics, slots, room),
      log,
      now: Date.now,
      responder,
      onRefusal: noteTransfer,
      onSerial: (zone, from, serial) => notifying.sightings.note(zone, from, serial),
    })
    const proven = new ProvenSenders()
    const context: MessageContext = {
      edgeId: config.edgeId,
      commandTtlMs: config.commandTtlMs,
      catalog,
      resends: new Resends(),
      limits: new UpdateLimits(config.inFlightPerIdentity),
      turnedAway: new Resends(undefined, MOST_TURNED_AWAY),
      transfers,
      sig0Checks: new BoundedWork(config.sig0Checks, SIG0_LINE),
      refusedSignatures: new RefusedSignatures(Date.now),
      refusals,
      metrics,
      tracing,
      log,
      now: Date.now,
      keyUsage,
      proven,
      submit: (command, trace) => submitter.submit(command, trace),
      onResend: () => metrics.resend(),
      responder,
    }
    const draining = new Draining()
    const handle = draining.guard((message, from) => {
      notifying.heard(message, from)
      return handleMessage(message, from, context)
    })
    const listening = { endpoints: config.dnsListen, handle, log, sharePort: config.dnsSharePort }
    const udp = await listenUdp({ ...listening, proven })
    closers.add(() => udp.close())
    const tcp = await listenTcp(listening)
    closers.add(() => tcp.close())
    observed = {
      catalog,
      cache: zones.cache,
      responder,
      submitter,
      listeners: { udp, tcp },
      isPreloaded: zones.isPreloaded,
      isClosed: () => nats.isClosed(),
      isDraining: () => draining.isOn,
    }
    describe(metrics, observed)
    const httpUpdates = await startHttpUpdates({
      settings: config.httpUpdates,
      proxies: config.trustedProxies,
      registrar:
        config.acmeDns &&
        natsRegistrar(nats, config.edgeId, (hash, ms) => catalog.updateTokenArrival(hash, ms)),
      updates: context,
      catalog,
      cache: zones.cache,
      refusals,
      keyUsage,
      metrics,
      log,
      now: Date.now,
      isStopping: () => draining.isOn,
    })
    closers.add(() => httpUpdates.close())
    if (config.httpUpdates.besideMetrics) beside = httpUpdates
    const listens = config.dnsListen.map(endpointText).join(', ')
    answerProbes(nats, { role: 'edge', id: config.edgeId }, masterKeys)
    await announce(nats, { role: 'edge', id: config.edgeId, listens }, () => health().lag)
    // first: queries are answered and updates under way finished before anything is let go
    closers.add(async () => {
      draining.isOn = true
      await submitter.close(DRAIN_MS)
    })
    log.info({ edge: config.edgeId, dns: listens, http: endpointText(config.edgeHttpListen) }, 'edge is up')
    return { close: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

/** The bucket is made by the first writer; an edge that is earlier waits for it. */
async function followCatalog(
  nats: NatsConnection,
  masterKeys: MasterKeys,
  config: Config,
  log: Logger,
): Promise<EdgeCatalog> {
  for (let told = ''; ; ) {
    try {
      return await EdgeCatalog.follow(nats, masterKeys, config, log)
    } catch (error) {
      if (!isNotFound(error) && !isUnanswered(error) && !isAway(error)) throw error
      const why = isNotFound(error) ? 'no writer has been here yet' : 'JetStream does not answer'
      if (told !== why) log.info(`${why}; waiting for the catalog`)
      told = why
      await delay(200)
    }
  }
}
