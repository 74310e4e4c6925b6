import { hostname } from 'node:os'
import type { Server } from 'node:tls'
import { Closers } from '../../shared/closers.ts'
import { endpointText } from '../../shared/config/read.ts'
import { type Config, ConfigError, requireUrl } from '../../shared/config.ts'
import { connectDatabase, type PoolOptions } from '../../shared/database/connect.ts'
import { schemaStanding } from '../../shared/database/migrate.ts'
import type { Problem } from '../../shared/health.ts'
import type { Logger } from '../../shared/log.ts'
import { Activity } from '../../shared/messaging/activity.ts'
import { closeNats, connectNats, isConnected, onReconnect } from '../../shared/messaging/connect.ts'
import { answerProbes } from '../../shared/messaging/master-key-probe.ts'
import { warnOfUnfitCluster } from '../../shared/messaging/nats-version.ts'
import { announce, findPeers } from '../../shared/messaging/presence.ts'
import { askForSecondaries } from '../../shared/messaging/secondaries-service.ts'
import { ensureStreams, onceAnswered } from '../../shared/messaging/streams.ts'
import { eventSubject } from '../../shared/messaging/subjects.ts'
import type { WriterState } from '../../shared/messaging/writer-state.ts'
import { describeProcess } from '../../shared/metrics/process-metrics.ts'
import type { Service } from '../../shared/run-service.ts'
import { COMMIT_LOCK_MS, COMMIT_STATEMENT_MS } from '../../shared/time-limits.ts'
import { startTracing } from '../../shared/tracing/tracing.ts'
import { ourVersion } from '../../shared/version.ts'
import { serveAccounts } from './accounts/serve-accounts.ts'
import { keepCatalogZonesInLine } from './admin/catalog-zones/keep-in-line.ts'
import { ensureCheckpointKey } from './admin/checkpoint-key.ts'
import { ensureMasterKey } from './admin/master-key.ts'
import { ensureFirstToken } from './admin/tokens/first-token.ts'
import { LONG_READ_CONNECTIONS, longReads } from './api/answer-in-turn.ts'
import { buildApi } from './api/build-api.ts'
import { CommandSender } from './api/command-sender.ts'
import type { ApiContext } from './api/context.ts'
import { listenApi } from './api/listen.ts'
import { STALL_MS } from './api/stalls.ts'
import { allEvents } from './api/streams/all-events.ts'
import { readCertificate, renewCertificate } from './api/tls.ts'
import { Committer } from './batch/committer.ts'
import type { BatchResult } from './batch/decide-batch.ts'
import { JointCommits } from './batch/joint-commits.ts'
import { TriedCommands } from './batch/tried-commands.ts'
import { CatalogPublisher } from './catalog/catalog-publisher.ts'
import { refuseOlderDatabase } from './catalog/refuse-older-database.ts'
import { isProven } from './consume/command-proof.ts'
import { PartitionClaims } from './consume/partition-claims.ts'
import { DurabilityWatch } from './durability-watch.ts'
import { writerHealth } from './health.ts'
import { BackgroundVerifier } from './history/background/verifier.ts'
import { Checkpointer } from './history/checkpoints.ts'
import { fetchAnew } from './history/fetch-anew.ts'
import { HistoryFollower } from './history/follower.ts'
import { keyUsageConsumer } from './key-usage/key-usage-consumer.ts'
import { LeaseClock } from './leases/lease-clock.ts'
import { masterKeyHolders } from './master-key-holders.ts'
import { WriterMetrics } from './metrics.ts'
import { describeWriter } from './observe.ts'
import { waitingCommands } from './presence/waiting-commands.ts'
import { WriterPresence } from './presence/writer-presence.ts'
import { Publisher } from './publish/publisher.ts'
import { Sweep } from './publish/sweep.ts'
import { refusalConsumer } from './refusals/refusal-consumer.ts'
import { OUTCOME_CONNECTIONS, startZoneServices } from './snapshots/zone-services.ts'
import { databaseAnswers } from './store/database-answers.ts'
import { readServerVersion } from './store/server-settings.ts'
import { minutesSince } from './store/writer-minutes.ts'

/** For everything else, such as a zone that is read or imported whole. */
const STATEMENT_MS = 120_000

const HOUR_MS = 3_600_000
/** So long after a batch more are expected, and work in the background gives way. */
const UPDATES_COME_MS = 500

const COMMIT_CONNECTIONS = 8
/** So many of them are there when partitions come: each asks what was tried of what has waited, all at the same time. */
const READY_CONNECTIONS = 4

/** For events that are published again, and how far they have got: what records that need not wait for what looks. */
const PUBLISHING_CONNECTIONS = 2
/** A look reads the rows of all zones; a Postgres that went away without a word is waited for no longer. */
const PUBLISHING_STATEMENT_MS = 30_000

/** For what edges ask of the past: they have given up before. */
const HISTORY_STATEMENT_MS = 10_000

/** How often what seldom changes is looked at, in ms. Only tests change it. */
type WriterTimes = Pick<ApiContext, 'tokenLookedAtMs'> & { readonly settingsLookedAtMs?: number }

/** Builds a zone-writer from its configuration and starts it. Throws a sentence for people when something is missing. */
export async function startWriter(config: Config, log: Logger, times: WriterTimes = {}): Promise<Service> {
  const closers = new Closers()
  try {
    await start(config, log, closers, times)
    return { close: () => closers.closeAll() }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

async function start(config: Config, log: Logger, closers: Closers, times: WriterTimes): Promise<void> {
  const databaseUrl = requireUrl(config.databaseUrl, 'ZONELOG_DATABASE_URL')
  const natsUrl = requireUrl(config.natsUrl, 'ZONELOG_NATS_URL')
  await checkSchema(databaseUrl, log)

  const onError = (error: Error) => log.warn({ problem: error.message }, 'idle database connection lost')
  const pool = (name: string, size: number, statementMs: number, more: Partial<PoolOptions> = {}) => {
    const connections = connectDatabase(databaseUrl, { name, size, statementMs, onError, ...more })
    closers.add(() => connections.close())
    return connections
  }
  const database = pool('zonelog writer', 8, STATEMENT_MS)
  // snapshots are long and many edges may want them at once; they take no connection from commits or the API
  const reads = pool('zonelog writer reads', 8, STATEMENT_MS)
  // what secondaries make edges ask of the past, in small pieces
  const history = pool('zonelog writer history', 3, HISTORY_STATEMENT_MS)
  // each outcome that an edge asks for waits for the standby, as a commit does
  const outcomes = pool('zonelog writer outcomes', OUTCOME_CONNECTIONS, COMMIT_STATEMENT_MS)
  const publishing = pool('zonelog writer publishing', PUBLISHING_CONNECTIONS, PUBLISHING_STATEMENT_MS)
  // what clients of the API read at their own pace
  const streams = pool('zonelog writer streams', LONG_READ_CONNECTIONS, STATEMENT_MS)
  const commits = pool('zonelog writer commits', COMMIT_CONNECTIONS, COMMIT_STATEMENT_MS, {
    lockMs: COMMIT_LOCK_MS,
    prepares: true,
    keepsIdle: true,
  })
  const durability = await DurabilityWatch.start(commits.db, log, times.settingsLookedAtMs)
  closers.add(() => durability.stop())
  const { db } = database
  const masterKeys = await ensureMasterKey(db, config.masterKeys, log)
  await ensureFirstToken(db, config, log)
  const signingKey = await ensureCheckpointKey(db, masterKeys, config.checkpointKeyFile, log)
  const believedKeys = [signingKey.public, ...config.checkpointFormerKeys].join(' ')

  const nats = await connectNats(natsUrl, `zonelog writer ${config.writerId}`, log, {
    access: config.natsAccess,
    inboxOf: `writer.${config.writerId}`,
  })
  closers.add(() => closeNats(nats))
  warnOfUnfitCluster(nats, log)
  await onceAnswered(log, () => ensureStreams(nats, config.natsReplicas, config.eventsKept))

  const tracing = await startTracing(config, { name: 'writer', id: config.writerId }, log)
  closers.add(async () => await tracing?.close())
  const metrics = new WriterMetrics(config.metricZones)
  const startedAt = new Date()
  const activity = new Activity(
    (await minutesSince(db, Date.now() - HOUR_MS, config.writerId)).get(config.writerId),
  )
  describeProcess(metrics, 'zonelog_writer', config.writerId)
  metrics.gauge(
    'zonelog_writer_unsafe_settings',
    'settings of Postgres with which acknowledged updates may be lost, looked at each minute',
    () => durability.found.length,
  )
  const publisher = new Publisher(nats, log)
  closers.add(() => publisher.close())
  const { confirmed: published } = publisher
  const committer = new Committer(commits.pool, log, metrics, {
    logUpdates: config.logUpdates,
    published,
    tracing,
  })
  closers.add(() => committer.breaker.close())
  const tried = new TriedCommands(commits.db, committer, log)
  const catalog = new CatalogPublisher({ db, nats, partitions: config.partitions, log })
  const others = (await findPeers(nats, 'writer')).length
  await onceAnswered(log, () => catalog.agreeOnPartitions(others))
  await onceAnswered(log, () => catalog.refuseEmptyDatabase())
  await onceAnswered(log, () => refuseOlderDatabase(db, nats))
  await catalog.start()
  // a server may come back without its storage; edges wait for the catalog to be whole again
  const refill = async () => {
    await ensureStreams(nats, config.natsReplicas, config.eventsKept)
    await catalog.reconcile()
  }
  closers.add(
    onReconnect(nats, () =>
      refill().catch((error) => log.error({ error }, 'streams and catalog not ensured')),
    ),
  )
  closers.add(() => catalog.close())
  const databases = { db: reads.db, historyDb: history.db, outcomesDb: outcomes.db }
  const zoneServices = startZoneServices({ nats, log, ...databases })
  closers.add(() => zoneServices.close())
  const refusals = refusalConsumer({ db, nats, log })
  refusals.start()
  const keyUsage = keyUsageConsumer({ db, nats, log })
  keyUsage.start()
  closers.add(() => keyUsage.close())
  closers.add(() => refusals.close())

  let claims: PartitionClaims | undefined
  const held = () => claims?.held ?? []
  describeWriter(metrics, { db, nats, partitionCount: config.partitions, held })
  const sweep = new Sweep({ db: publishing.db, publisher, log, partitionCount: config.partitions, held })
  closers.add(() => sweep.stop())
  let lastBatchAt = Number.NEGATIVE_INFINITY
  const isBusy = () => performance.now() - lastBatchAt < UPDATES_COME_MS
  const follower = new HistoryFollower({ db, log, partitionCount: config.partitions, held, isBusy })
  closers.add(() => follower.stop())
  const peers = async () => (await Promise.all([findPeers(nats, 'writer'), findPeers(nats, 'edge')])).flat()
  const admin = { db, log, masterKeys, publisher, catalog, writerId: config.writerId, now: Date.now }
  closers.add(keepCatalogZonesInLine(admin))
  closers.add(serveAccounts(nats, admin, config.acmeDns))
  const leaseClock = new LeaseClock({
    admin,
    partitionCount: config.partitions,
    held,
    isOpen: async () =>
      isConnected(nats) && committer.breaker.state !== 'open' && (await findPeers(nats, 'edge')).length > 0,
  })
  closers.add(() => leaseClock.stop())
  metrics.leases(leaseClock)
  const checkpointer = new Checkpointer({
    db,
    nats,
    key: signingKey,
    log,
    partitionCount: config.partitions,
    held,
    everyEvents: config.checkpointEvents,
    everyMs: config.checkpointMs,
  })
  closers.add(() => checkpointer.stop())
  const verifier = new BackgroundVerifier({
    db: reads.db,
    nats,
    log,
    registry: metrics.registry,
    writerId: config.writerId,
    partitionCount: config.partitions,
    held,
    publish: (events) => publisher.publish(events),
    publicKeys: believedKeys,
    share: config.verifyShare,
    isBusy,
  })
  closers.add(() => verifier.stop())
  const answers = databaseAnswers(commits.db)
  const health = async () =>
    writerHealth({
      isClosed: nats.isClosed(),
      unsafe: durability.found,
      postgres: { breaker: committer.breaker.state, answers: await answers() },
      nats: { connected: isConnected(nats) },
      partitions: held(),
    })
  const commands = new CommandSender({ nats, partitions: config.partitions, key: signingKey, log })
  closers.add(() => commands.close())
  const { apiTls } = config
  const certificate = apiTls && (await readCertificate(apiTls))
  const app = buildApi({
    ...(certificate && { certificate }),
    requestsPerSecond: config.apiRate,
    admin,
    longReads: longReads(streams.db),
    stallMs: STALL_MS,
    ...(times.tokenLookedAtMs !== undefined && { tokenLookedAtMs: times.tokenLookedAtMs }),
    registry: metrics.registry,
    metricsAccess: config.metricsAccess,
    proxies: config.trustedProxies,
    tracing,
    health,
    queue: { partitions: config.partitions, waiting: () => waitingCommands(nats) },
    serverVersions: async () => {
      const { version } = nats.info ?? {}
      return { postgres: await readServerVersion(db), ...(version !== undefined && { nats: version }) }
    },
    secondaries: (zoneId) => askForSecondaries(nats, zoneId),
    signingKey,
    believedKeys,
    fetchAnew: (zoneId) => fetchAnew(nats, zoneId),
    whenEvent: (zoneId, ring) => {
      const events = nats.subscribe(eventSubject(zoneId), { callback: ring })
      return () => events.unsubscribe()
    },
    peers,
    allEvents: (after, signal) => allEvents(nats, after, signal),
    sendCommand: (command, traceparent) => commands.send(command, traceparent),
    commandTtlMs: config.commandTtlMs,
    masterKeyHolders: (check) => masterKeyHolders(nats, peers, check),
  })
  await listenApi(app, config.apiListen, log)
  if (apiTls !== undefined) closers.add(renewCertificate(app.server as unknown as Server, apiTls, log))
  closers.add(() => app.close())

  const api = endpointText(config.apiListen)
  const self = {
    id: config.writerId,
    host: hostname(),
    version: ourVersion(),
    listens: api,
    startedAt,
  }
  // ends after the partitions are let go, and so knows of all that was decided
  const presence = new WriterPresence({ db, log, activity, writer: self })
  closers.add(() => presence.stop())

  const announceAll = (result: BatchResult) => {
    lastBatchAt = performance.now()
    activity.record(result.events, Date.now())
    announceBatch(result, publisher, metrics)
  }
  const joint = new JointCommits(committer, announceAll)
  // last: a writer that cannot start must not have taken partitions from others
  claims = new PartitionClaims({
    databaseUrl,
    partitions: config.partitions,
    nats,
    log,
    isConnected: () => isConnected(nats),
    isProven: (command, headers) => isProven(command, headers, believedKeys),
    mayWork: () => isConnected(nats) && committer.breaker.state !== 'open' && durability.mayPromise,
    commit: async (queue, { haveWaited, leaveBusy }, settle) => {
      // until it is mended the commands wait in the stream, for another writer or past their deadline
      if (!durability.mayPromise) throw new Error('commits of Postgres are not kept: no update is decided')
      if (!haveWaited && !leaveBusy) return await joint.commit(queue, settle)
      const result = await (haveWaited ? tried : committer).commit(queue, leaveBusy)
      announceAll(result)
      settle(result.left)
    },
    onClaimed: (partitions) => {
      void commits.warmUp(READY_CONNECTIONS)
      // Postgres answers: it gave the session that holds them
      if (committer.breaker.state !== 'closed') committer.breaker.reset()
      sweep.hurry(partitions)
    },
    recordPublished: () => sweep.record(),
    onSessionLost: () => publisher.forgetConfirmed(),
  })
  closers.add(() => claims.stop())
  answerProbes(nats, { role: 'writer', id: config.writerId }, masterKeys)
  let problems: readonly Problem[] = []
  await announce(nats, { role: 'writer', id: config.writerId, listens: api }, () => {
    // who asks does not wait, and hears what was so when somebody asked before
    void health().then((now) => {
      problems = now.problems
    })
    const state: WriterState = {
      startedAt: +startedAt,
      breaker: committer.breaker.state,
      problems,
      partitions: claims?.partitions ?? [],
      verifier: verifier.progress,
    }
    return { activity: activity.last(Date.now()), writer: state }
  })
  log.info({ writer: config.writerId, api }, 'zone-writer is up')
}

function announceBatch(
  { events, outcomes, trace }: BatchResult,
  publisher: Publisher,
  metrics: WriterMetrics,
): void {
  const from = performance.now()
  const published = publisher.announce(events, outcomes)
  if (events.length === 0) return
  void published.then(() => {
    const to = performance.now()
    metrics.published(to - from)
    trace?.published({ from, to })
  })
}

/** A schema that is ahead of this writer is one to work on as long as it was only expanded, as in a rolling upgrade. */
async function checkSchema(databaseUrl: string, log: Logger): Promise<void> {
  const { pending, unknown, incompatible } = await schemaStanding(databaseUrl)
  if (pending.length > 0)
    throw new ConfigError(
      `the database lacks ${pending.length} migration(s), the next is ${pending[0]}: run \`bin/zonelog migrate\``,
    )
  if (incompatible.length > 0)
    throw new ConfigError(
      `a newer zonelog has changed the schema of this database in a way that this one cannot work with (${incompatible.join(', ')}): ` +
        'run a writer of the newer release (docs/upgrading.md)',
    )
  if (unknown.length > 0)
    log.warn({ unknown }, 'the schema is of a newer zonelog, and compatible: upgrade this writer soon')
}
