import {
  DiscardPolicy,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import {
  ALL_CHECKPOINTS,
  ALL_COMMANDS,
  ALL_EVENTS,
  ALL_KEY_USAGE,
  ALL_REFUSALS,
  CATALOG_BUCKET,
  CHECKPOINTS_STREAM,
  COMMANDS_STREAM,
  EVENTS_STREAM,
  KEY_USAGE_STREAM,
  REFUSALS_STREAM,
} from './subjects.ts'

const MINUTE_MS = 60_000
const MEBIBYTE = 1 << 20
const DAY_MS = 24 * 60 * MINUTE_MS

/**
 * The streams, as a writer wants them. A command leaves its stream when it is acknowledged; events stay a while for outside readers.
 * NATS sets their largest sizes aside, 1.3 GiB in all, and refuses a stream that it has no room for.
 */
function wantedStreams(replicas: number): Partial<StreamConfig>[] {
  const common = { storage: StorageType.File, num_replicas: replicas, duplicate_window: nanos(2 * MINUTE_MS) }
  return [
    {
      ...common,
      name: COMMANDS_STREAM,
      subjects: [ALL_COMMANDS],
      retention: RetentionPolicy.Workqueue,
      // a full stream refuses the newest: the edge hears so and answers SERVFAIL, nothing queued is lost
      discard: DiscardPolicy.New,
      max_bytes: 256 * MEBIBYTE,
    },
    // Postgres keeps history for ever; the stream lets readers catch up
    {
      ...common,
      name: EVENTS_STREAM,
      subjects: [ALL_EVENTS],
      discard: DiscardPolicy.Old,
      max_age: nanos(7 * DAY_MS),
      max_bytes: 1_024 * MEBIBYTE,
    },
    // small, and worth most when they are old
    {
      ...common,
      name: CHECKPOINTS_STREAM,
      subjects: [ALL_CHECKPOINTS],
      discard: DiscardPolicy.Old,
      max_bytes: 16 * MEBIBYTE,
    },
    {
      ...common,
      name: REFUSALS_STREAM,
      subjects: [ALL_REFUSALS],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.Old,
      max_bytes: 64 * MEBIBYTE,
    },
    {
      ...common,
      name: KEY_USAGE_STREAM,
      subjects: [ALL_KEY_USAGE],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.Old,
      max_bytes: 16 * MEBIBYTE,
    },
  ]
}

/** Creates the streams and the catalog bucket where they are missing. Run by writers; edges only use them. */
export async function ensureStreams(nats: NatsConnection, replicas: number): Promise<void> {
  const manager = await nats.jetstreamManager()
  for (const wanted of wantedStreams(replicas)) await ensureStream(manager, wanted)
  await nats.jetstream().views.kv(CATALOG_BUCKET, { history: 1, replicas, storage: StorageType.File })
}

async function ensureStream(manager: JetStreamManager, wanted: Partial<StreamConfig>): Promise<void> {
  try {
    await manager.streams.info(wanted.name!)
  } catch (error) {
    if (!isNotFound(error)) throw error
    await manager.streams.add(wanted).catch((fault) => {
      // another writer was first
      if (!/name already in use/.test(String(fault))) throw fault
    })
  }
}

/** Whether JetStream says that a stream, consumer or message does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && (error.code === '404' || error.api_error?.code === 404)
}
