import { setTimeout as delay } from 'node:timers/promises'
import type { JetStreamManager, StreamInfo } from 'nats'
import { COMMANDS_STREAM, consumerName, partitionOf } from '../../../shared/messaging/subjects.ts'
import { type Deployment, PARTITIONS } from './deployment.ts'

const LOOK_MS = 100
const ANSWER_MS = 500
const LIMIT_MS = 60_000

/**
 * Resolves when the cluster itself, without whose leader no consumer can be made, the stream of commands, and the consumers of the zones' partitions
 * have each been seen to have a leader from now on. NATS chooses them by itself, and nobody can take an update, or give one, before. Resolves after
 * a minute in any case, with whether they were seen.
 */
export async function leadersChosen({
  cluster,
  nats,
  zones,
}: Pick<Deployment, 'cluster' | 'nats' | 'zones'>): Promise<boolean> {
  const end = performance.now() + LIMIT_MS
  const seen = async (look: (manager: JetStreamManager) => Promise<boolean>): Promise<boolean> => {
    while (performance.now() < end) {
      try {
        if (await look(await nats.jetstreamManager({ checkAPI: false, timeout: ANSWER_MS }))) return true
      } catch {
        // whoever is to answer is not there yet
      }
      await delay(LOOK_MS)
    }
    return false
  }
  // a server alone says nothing of a leader
  const isThere = (info: Parameters<typeof isLed>[0]) => cluster.nodes.length === 1 || isLed(info)
  const consumers = new Set(zones.map(({ id }) => consumerName(partitionOf(id, PARTITIONS))))
  const all = await Promise.all([
    // only the cluster's leader answers that
    seen(async (manager) => (await manager.getAccountInfo()) !== undefined),
    seen(async (manager) => isThere(await manager.streams.info(COMMANDS_STREAM))),
    ...[...consumers].map((name) =>
      seen(async (manager) => isThere(await manager.consumers.info(COMMANDS_STREAM, name))),
    ),
  ])
  return all.every(Boolean)
}

/** Until all servers have all of each stream, as an operator sees to before the next one is restarted; a minute at most. */
export async function streamsCurrent({ nats }: Deployment): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (performance.now() < end) {
    try {
      const manager = await nats.jetstreamManager({ checkAPI: false, timeout: ANSWER_MS })
      const streams = await manager.streams.list().next()
      if (streams.length > 0 && streams.every(({ cluster }) => isCurrent(cluster))) return
    } catch {
      // as above
    }
    await delay(LOOK_MS)
  }
}

function isCurrent(cluster: StreamInfo['cluster']): boolean {
  const others = cluster?.replicas ?? []
  return (
    isLed({ cluster }) &&
    others.length > 0 &&
    others.every(({ current, offline }) => current && offline !== true)
  )
}

function isLed({ cluster }: { readonly cluster?: { readonly leader?: string } | undefined }): boolean {
  return (cluster?.leader ?? '') !== ''
}
