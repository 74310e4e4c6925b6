import type { NatsConnection } from 'nats'
import { COMMANDS_STREAM } from '../../shared/messaging/subjects.ts'
import { Remembered } from '../../shared/remembered.ts'
import type { WriterMetrics } from './metrics.ts'
import type { Db } from './store/admin-zones.ts'
import { endingKeys, type KeyTime, oldestKeys } from './store/key-times.ts'

/** Keys that metrics call by name. */
const MOST_KEYS = 100
const KEYS_FRESH_MS = 30_000
const QUEUE_FRESH_MS = 2_000

export interface ObservedWriter {
  readonly db: Db
  readonly nats: NatsConnection
  readonly partitionCount: number
  readonly held: () => readonly number[]
}

/** Puts what the writer has at hand, and what it has to ask for, on /metrics. */
export function describeWriter(
  metrics: WriterMetrics,
  { db, nats, partitionCount, held }: ObservedWriter,
): void {
  metrics.gauge('zonelog_writer_partitions', 'partitions that this writer owns', () => held().length)
  metrics.gauges(
    'zonelog_writer_partition_owned',
    '1 for each partition that this writer owns, else 0',
    ['partition'],
    () => {
      const owned = new Set(held())
      return Array.from({ length: partitionCount }, (_, partition) => ({
        labels: { partition: String(partition) },
        value: owned.has(partition) ? 1 : 0,
      }))
    },
  )
  describeQueue(metrics, nats)
  describeKeys(metrics, db)
}

/** Commands that wait for writers, or are being decided: the same from whichever writer it is asked. */
function describeQueue(metrics: WriterMetrics, nats: NatsConnection): void {
  const queue = new Remembered(() => queuedCommands(nats), QUEUE_FRESH_MS, undefined)
  const gauge = (name: string, help: string, read: (queued: QueuedCommands) => number) =>
    metrics.gauges(name, help, [], async () => {
      const queued = await queue.get()
      return queued === undefined ? [] : [{ labels: {}, value: read(queued) }]
    })
  gauge('zonelog_writer_queued_commands', 'commands in the stream that are not settled', ({ count }) => count)
  gauge(
    'zonelog_writer_queued_octets',
    'octets of the commands in the stream that are not settled',
    ({ octets }) => octets,
  )
  gauge(
    'zonelog_writer_oldest_command_seconds',
    'for how long the oldest command that is not settled has been in the stream',
    ({ since }) => (since === undefined ? 0 : Math.max(0, Date.now() - since) / 1_000),
  )
}

interface QueuedCommands {
  readonly count: number
  readonly octets: number
  /** When the oldest entered the stream, in ms since the epoch. */
  readonly since: number | undefined
}

async function queuedCommands(nats: NatsConnection): Promise<QueuedCommands | undefined> {
  const manager = await nats.jetstreamManager({ checkAPI: false })
  const { state } = await manager.streams.info(COMMANDS_STREAM)
  const since = state.messages === 0 ? undefined : Date.parse(state.first_ts as unknown as string)
  return { count: state.messages, octets: state.bytes, since }
}

/** The same from whichever writer it is asked. */
function describeKeys(metrics: WriterMetrics, db: Db): void {
  const gauge = (name: string, help: string, look: () => Promise<readonly KeyTime[]>) => {
    const known = new Remembered(look, KEYS_FRESH_MS, [])
    metrics.gauges(name, help, ['key'], async () =>
      (await known.get()).map(({ key, at }) => ({ labels: { key }, value: at })),
    )
  }
  gauge(
    'zonelog_writer_key_made_timestamp_seconds',
    `when the newest secret of a TSIG key was made, or a public key of SIG(0) registered, in seconds since 1970; of the ${MOST_KEYS} oldest`,
    () => oldestKeys(db, MOST_KEYS),
  )
  gauge(
    'zonelog_writer_key_ends_timestamp_seconds',
    `when a TSIG key ends, in seconds since 1970; of the ${MOST_KEYS} that end first`,
    () => endingKeys(db, MOST_KEYS),
  )
}
