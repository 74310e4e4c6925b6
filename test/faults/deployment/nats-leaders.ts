import { setTimeout as delay } from 'node:timers/promises'
import { COMMANDS_STREAM, consumerName, partitionOf } from '../../../shared/messaging/subjects.ts'
import { type Deployment, PARTITIONS } from './deployment.ts'

const LOOK_MS = 100
const ANSWER_MS = 500
const LIMIT_MS = 60_000

/**
 * Resolves when each of the stream of commands and the consumers of the zones' partitions has been seen to have a leader from now on. NATS
 * chooses them by itself, and nobody can take an update, or give one, before. Resolves after a minute in any case.
 */
export async function leadersChosen({ nats, zones }: Deployment): Promise<void> {
  const end = performance.now() + LIMIT_MS
  const seen = async (look: (manager: Awaited<ReturnType<typeof nats.jetstreamManager>>) => Promise<Led>) => {
    while (performance.now() < end) {
      try {
        const { cluster } = await look(await nats.jetstreamManager({ checkAPI: false, timeout: ANSWER_MS }))
        if ((cluster?.leader ?? '') !== '') return
      } catch {
        // whoever is to answer is not there yet
      }
      await delay(LOOK_MS)
    }
  }
  const consumers = new Set(zones.map(({ id }) => consumerName(partitionOf(id, PARTITIONS))))
  await Promise.all([
    seen((manager) => manager.streams.info(COMMANDS_STREAM)),
    ...[...consumers].map((name) => seen((manager) => manager.consumers.info(COMMANDS_STREAM, name))),
  ])
}

interface Led {
  readonly cluster?: { readonly leader?: string }
}
