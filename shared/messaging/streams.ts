import { setTimeout as delay } from 'node:timers/promises'
import {
  DiscardPolicy,
  ErrorCode,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats'
import { ConfigError, type EventsKept } from '../config.ts'
import type { Logger } from '../log.ts'
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
/** Who is not there says so at once. */
const ASK_AGAIN_MS = 200
const MEBIBYTE = 1 << 20
const DAY_MS = 24 * 60 * MINUTE_MS

/**
 * The streams, as a writer wants them. A command leaves its stream when it is acknowledged; events stay a while for outside readers.
 * NATS sets their largest sizes aside, 1.3 GiB in all, and refuses a stream that it has no room for.
 */
function wantedStreams(
  replicas: number,
  { days = 7, mib = 1_024 }: Partial<EventsKept>,
): Partial<StreamConfig>[] {
  const common = { storage: StorageType.File, num_replicas: replicas, duplicate_window: nanos(2 * MINUTE_MS) }
  return [
    {
      ...common,
      name: COMMANDS_STREAM,
      subjects: [ALL_COMMANDS],
      retention: RetentionPolicy.Workqueue,
      // a full stream refuses the newest, and nothing queued is lost; the edge hears so, and answers SERVFAIL where one server alone has the stream
      discard: DiscardPolicy.New,
      max_bytes: 256 * MEBIBYTE,
    },
    // Postgres keeps history for ever; the stream lets readers catch up, and an empty database be filled from what it keeps
    {
      ...common,
      name: EVENTS_STREAM,
      subjects: [ALL_EVENTS],
      discard: DiscardPolicy.Old,
      max_age: nanos(days * DAY_MS),
      max_bytes: mib === 0 ? -1 : mib * MEBIBYTE,
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

/**
 * Creates the streams and the catalog bucket where they are missing; the stream of events is changed to what is said of it. Run by
 * writers; edges only use them. Throws a {@link ConfigError} for one that has fewer replicas than it should: the loss of a server would
 * lose what is in it.
 */
export async function ensureStreams(
  nats: NatsConnection,
  replicas: number,
  eventsKept: EventsKept = { days: undefined, mib: undefined },
): Promise<void> {
  const manager = await nats.jetstreamManager()
  const { days, mib } = eventsKept
  const said = { ...(days === undefined ? {} : { days }), ...(mib === undefined ? {} : { mib }) }
  for (const wanted of wantedStreams(replicas, said)) await ensureStream(manager, wanted)
  await keepEvents(manager, wantedStreams(replicas, said).find(({ name }) => name === EVENTS_STREAM)!, said)
  await nats.jetstream().views.kv(CATALOG_BUCKET, { history: 1, replicas, storage: StorageType.File })
  for (const name of [...wantedStreams(replicas, said).map((wanted) => wanted.name!), `KV_${CATALOG_BUCKET}`])
    refuseFewerReplicas(name, (await manager.streams.info(name)).config.num_replicas, replicas)
}

function refuseFewerReplicas(stream: string, found: number, wanted: number): void {
  if (found >= wanted) return
  throw new ConfigError(
    `the stream ${stream} has ${found} replica(s), ZONELOG_NATS_REPLICAS asks for ${wanted}: ` +
      `nats stream edit ${stream} --replicas ${wanted}`,
  )
}

/** Has a stream that is there already keep what the configuration says, as far as it says anything. */
async function keepEvents(
  manager: JetStreamManager,
  { max_age = 0, max_bytes = -1 }: Partial<StreamConfig>,
  said: Partial<EventsKept>,
): Promise<void> {
  const wanted = {
    ...(said.days === undefined ? {} : { max_age }),
    ...(said.mib === undefined ? {} : { max_bytes }),
  }
  const { config } = await manager.streams.info(EVENTS_STREAM)
  const differs = Object.entries(wanted).some(([key, value]) => config[key as keyof StreamConfig] !== value)
  if (differs) await manager.streams.update(EVENTS_STREAM, wanted)
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

/** Whether JetStream said nothing in time, as a cluster does that is busy, or chooses a leader: what was asked may be done or not. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof NatsError && error.code === ErrorCode.Timeout
}

const TEMPORARILY_UNAVAILABLE = 10_008

/** Whether JetStream is not there: nobody listens for it, or for what it stores, or its cluster has no leader now. What was asked was not done. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof NatsError) || error.code !== ErrorCode.NoResponders) return false
  return error.api_error === undefined || error.api_error.err_code === TEMPORARILY_UNAVAILABLE
}

/**
 * What a start needs of JetStream, which is asked again while it says nothing or is not there. Throws what it says, and a {@link ConfigError}
 * after a minute.
 */
export async function onceAnswered<T>(log: Logger, ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + MINUTE_MS
  for (let isTold = false; ; isTold = true) {
    try {
      return await ask()
    } catch (error) {
      if (!isUnanswered(error) && !isAway(error)) throw error
      if (performance.now() > end)
        throw new ConfigError(
          'JetStream has not answered for a minute (ZONELOG_NATS_URL): is it enabled (`nats-server -js`), and has its cluster a leader (`nats server report jetstream`)?',
          { cause: error },
        )
      if (!isTold) log.warn('JetStream does not answer; it is asked again')
      await delay(ASK_AGAIN_MS)
    }
  }
}

/** Whether JetStream says that a stream, consumer or message does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && (error.code === '404' || error.api_error?.code === 404)
}
