import type { NatsConnection } from 'nats'
import { isNotFound } from './streams.ts'

export interface StreamMessage {
  readonly subject: string
  readonly data: Uint8Array
  /** Its place among those that the stream held when reading began: 1 for the first. */
  readonly place: number
  readonly of: number
}

const AT_ONCE = 1_000

/** All messages that a stream holds now, the oldest first, without taking any; none where there is no such stream. */
export async function* readStream(nats: NatsConnection, stream: string): AsyncGenerator<StreamMessage> {
  const manager = await nats.jetstreamManager()
  const info = await manager.streams.info(stream).catch((error) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  const of = info?.state.messages ?? 0
  if (of === 0) return
  // ordered: it is made anew where it left off when a message is missed
  const consumer = await nats.jetstream().consumers.get(stream)
  const messages = await consumer.consume({ max_messages: AT_ONCE })
  let place = 0
  try {
    for await (const { subject, data, info: at } of messages) {
      place++
      yield { subject, data, place, of }
      if (at.streamSequence >= info!.state.last_seq || at.pending === 0) return
    }
  } finally {
    messages.stop()
    await consumer.delete().catch(() => {})
  }
}
