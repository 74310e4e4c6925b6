import { setTimeout as delay } from 'node:timers/promises'
import {
  AckPolicy,
  type Consumer,
  type ConsumerInfo,
  DeliverPolicy,
  type JetStreamManager,
  type NatsConnection,
  nanos,
} from 'nats'
import { isNotFound, isUnanswered } from '../../../shared/messaging/streams.ts'
import { COMMANDS_STREAM, commandSubject, consumerName } from '../../../shared/messaging/subjects.ts'
import { ACK_WAIT_MS, CONSUMER_ANSWER_MS } from '../../../shared/time-limits.ts'

const LOOK_MS = 200
const LIMIT_MS = 5_000

/** What a cluster without a leader is asked it never hears; so it is asked again. */
const ASK_AGAIN_MS = 1_000

export interface MadeConsumer {
  readonly consumer: Consumer
  /** Commands that were in the stream before. */
  readonly waiting: number
  /** The server of a cluster that leads it. */
  readonly leader: string | undefined
  /** What took how long, in ms. */
  readonly took: { readonly toDelete: number; readonly toMake: number; readonly toFind: number }
}

/** Makes the partition's consumer anew; `isWanted` is asked before each step, and ends it with {@link NotWanted}. */
export async function makeConsumer(
  nats: NatsConnection,
  partition: number,
  mostPending: number,
  isWanted: () => boolean,
): Promise<MadeConsumer> {
  const times = [performance.now()]
  const isDone = () => times.push(performance.now())
  const manager = await nats.jetstreamManager({ checkAPI: false, timeout: ASK_AGAIN_MS })
  const looks = await nats.jetstreamManager({ checkAPI: false, timeout: 2 * CONSUMER_ANSWER_MS })
  const name = consumerName(partition)
  await answeredOrSeen(
    () => manager.consumers.delete(COMMANDS_STREAM, name).catch(trueIfNotFound),
    async () => (await state(looks, name)) === 'gone' || undefined,
    isWanted,
  )
  isDone()
  if (!isWanted()) throw new NotWanted()
  const config = {
    durable_name: name,
    filter_subject: commandSubject(partition),
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: mostPending,
  }
  const made = await answeredOrSeen(
    () => manager.consumers.add(COMMANDS_STREAM, config),
    async () => {
      const found = await state(looks, name)
      return found === 'gone' || found === 'unknown' || !isLed(nats, found) ? undefined : found
    },
    isWanted,
  )
  isDone()
  const consumer = await nats.jetstream({ timeout: LIMIT_MS }).consumers.get(COMMANDS_STREAM, name)
  isDone()
  if (!isWanted()) throw new NotWanted()
  const [toDelete, toMake, toFind] = times.slice(1).map((at, index) => Math.round(at - times[index]!))
  return {
    consumer,
    waiting: made.num_pending,
    leader: made.cluster?.leader,
    took: { toDelete: toDelete!, toMake: toMake!, toFind: toFind! },
  }
}

/** Nobody waits for the consumer any more. */
export class NotWanted extends Error {}

/**
 * Both requests may be repeated while it is not known what came of them: what is gone is gone, and what is there is as it was asked for. Not
 * longer: to ask once more that a consumer be deleted would delete the next one of its name.
 */
async function untilAnswered<T>(ask: () => Promise<T>, isKnown: () => boolean): Promise<T> {
  const end = performance.now() + LIMIT_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isUnanswered(error) || isKnown() || performance.now() > end) throw error
    }
  }
}

/**
 * What the request is answered with, or what is seen to have come of it. In a busy cluster nats-server (seen with 2.9) makes or deletes a
 * consumer and answers nothing when its leader changes meanwhile; waiting for that cost 5 s each time.
 */
async function answeredOrSeen<T>(
  ask: () => Promise<T>,
  look: () => Promise<T | undefined>,
  isWanted: () => boolean,
): Promise<T> {
  let isOver = false
  const request = untilAnswered(ask, () => isOver || !isWanted())
  const seen = (async () => {
    await delay(CONSUMER_ANSWER_MS)
    while (!isOver && isWanted()) {
      const found = await look()
      if (found !== undefined) return found
      await delay(LOOK_MS)
    }
    // the request has ended, and says how
    return await request
  })()
  try {
    return await Promise.race([request, seen])
  } finally {
    isOver = true
    seen.catch(() => {})
    request.catch(() => {})
  }
}

/**
 * A consumer of a cluster gives nothing before it has a leader; making it anew would only put that off. Of one that is not begun yet its
 * servers say nothing of a cluster, nor how many commands wait.
 */
function isLed(nats: NatsConnection, { cluster }: ConsumerInfo): boolean {
  return nats.info?.cluster === undefined || (cluster?.leader ?? '') !== ''
}

async function state(manager: JetStreamManager, name: string): Promise<ConsumerInfo | 'gone' | 'unknown'> {
  try {
    return await manager.consumers.info(COMMANDS_STREAM, name)
  } catch (error) {
    return isNotFound(error) ? 'gone' : 'unknown'
  }
}

function trueIfNotFound(error: unknown): true {
  if (isNotFound(error)) return true
  throw error
}
