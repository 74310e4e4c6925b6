import { endpointText } from '../../shared/config/read.ts'
import type { Config } from '../../shared/config.ts'
import { requireUrl } from '../../shared/config.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { pendingMigrations } from '../../shared/database/migrate.ts'
import type { Logger } from '../../shared/log.ts'
import { connectNats, isConnected } from '../../shared/messaging/connect.ts'
import { announce, findPeers } from '../../shared/messaging/presence.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import type { Service } from '../../shared/run-service.ts'
import type { AdminContext } from './admin/context.ts'
import { ensureMasterKey } from './admin/master-key.ts'
import { ensureFirstToken } from './admin/tokens.ts'
import { buildApi } from './api/build-api.ts'
import type { WriterHealth } from './api/context.ts'
import { listenApi } from './api/listen.ts'
import { Committer } from './batch/committer.ts'
import { CatalogPublisher } from './catalog/catalog-publisher.ts'
import { PartitionClaims } from './consume/partition-claims.ts'
import { WriterMetrics } from './metrics.ts'
import { Publisher } from './publish/publisher.ts'
import { Sweep } from './publish/sweep.ts'
import { RefusalConsumer } from './refusals/refusal-consumer.ts'
import { startZoneServices } from './snapshots/zone-services.ts'

/** Builds a zone-writer from its configuration and starts it. Throws a sentence for people when something is missing. */
export async function startWriter(config: Config, log: Logger): Promise<Service> {
  const databaseUrl = requireUrl(config.databaseUrl, 'ZONELOG_DATABASE_URL')
  const natsUrl = requireUrl(config.natsUrl, 'ZONELOG_NATS_URL')
  await refuseOldSchema(databaseUrl)

  const closers: (() => Promise<unknown>)[] = []
  const closeAll = async () => {
    for (const close of closers.reverse()) await close()
  }
  try {
    const database = connectDatabase(databaseUrl, 'zonelog writer', (error) =>
      log.warn({ error }, 'idle database connection lost'),
    )
    closers.push(() => database.close())
    const { db } = database
    const { masterKey, masterKeyCheck } = await ensureMasterKey(db, config.masterKeyFile, log)
    await ensureFirstToken(db, config, log)

    const nats = await connectNats(natsUrl, `zonelog writer ${config.writerId}`, log)
    closers.push(() => nats.drain().catch(() => {}))
    await ensureStreams(nats, config.natsReplicas)

    const metrics = new WriterMetrics()
    const publisher = new Publisher(nats, log)
    const committer = new Committer(db, log, metrics)
    closers.push(async () => committer.breaker.close())

    const catalog = new CatalogPublisher({ db, nats, masterKeyCheck, log })
    await catalog.start()
    closers.push(() => catalog.close())
    const zoneServices = await startZoneServices({ nats, db, log })
    closers.push(() => zoneServices.close())
    const refusals = new RefusalConsumer({ db, nats, log })
    refusals.start()
    closers.push(() => refusals.close())

    const sweep = new Sweep({
      db,
      publisher,
      log,
      partitionCount: config.partitions,
      held: () => claims.held,
    })
    closers.push(() => sweep.stop())
    const claims: PartitionClaims = new PartitionClaims({
      databaseUrl,
      partitions: config.partitions,
      nats,
      log,
      untilDatabaseMayAnswer: () => committer.breaker.untilNotOpen(),
      commit: (queue) => committer.commit(queue),
      announce: ({ events, outcomes }) => publisher.announce(events, outcomes),
      onClaimed: () => sweep.hurry(),
    })
    closers.push(() => claims.stop())

    const health = (): WriterHealth => {
      const breaker = committer.breaker.state
      const connected = isConnected(nats)
      const ready = connected && breaker !== 'open'
      return {
        status: ready ? 'ok' : 'degraded',
        live: true,
        ready,
        postgres: { breaker },
        nats: { connected },
        partitions: claims.held,
      }
    }
    metrics.gauge('zonelog_writer_partitions', 'partitions that this writer owns', () => claims.held.length)
    const admin: AdminContext = {
      db,
      log,
      masterKey,
      publisher,
      catalog,
      writerId: config.writerId,
      now: Date.now,
    }
    const peers = async () => (await Promise.all([findPeers(nats, 'writer'), findPeers(nats, 'edge')])).flat()
    const app = buildApi({ admin, registry: metrics.registry, health, peers })
    await listenApi(app, config.apiListen)
    closers.push(() => app.close())
    await announce(nats, { role: 'writer', id: config.writerId, listens: endpointText(config.apiListen) })
    log.info({ writer: config.writerId, api: endpointText(config.apiListen) }, 'zone-writer is up')
    return { close: closeAll }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function refuseOldSchema(databaseUrl: string): Promise<void> {
  const pending = await pendingMigrations(databaseUrl)
  if (pending.length > 0)
    throw new Error(
      `the database lacks ${pending.length} migration(s), the next is ${pending[0]}: run \`bin/zonelog migrate\``,
    )
}
