import { setTimeout as delay } from 'node:timers/promises'
import { DeliverPolicy, type NatsConnection } from 'nats'
import { decodeEvent } from '../../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { EVENTS_STREAM, zoneOfEventSubject } from '../../../../shared/messaging/subjects.ts'

/** An event of some zone; without `event` where it was too large for a message. */
export interface PlacedEvent {
  /** Its place in the stream of all events. */
  readonly place: number
  readonly zoneId: number
  readonly event: ZoneEvent | undefined
}

/** Those before this place are no longer in the stream. */
export interface Gap {
  readonly firstKept: number
}

/** After so long without word a reader is told that there is none. */
export const QUIET_MS = 5_000
/** What is asked of NATS before it is taken. */
const MOST_OCTETS = 4 << 20

/** Events of all zones from after a place, or from now on; undefined when nothing came for a while. Ends with `signal`. */
export async function* allEvents(
  nats: NatsConnection,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<PlacedEvent | Gap | undefined> {
  const { state } = await (await nats.jetstreamManager()).streams.info(EVENTS_STREAM)
  if (after !== undefined && after + 1 < state.first_seq) yield { firstKept: state.first_seq }
  // a stream that was made anew begins at 1
  const from =
    after === undefined || after > state.last_seq ? undefined : Math.max(after + 1, state.first_seq)
  const consumer = await nats
    .jetstream()
    .consumers.get(
      EVENTS_STREAM,
      from === undefined
        ? { deliver_policy: DeliverPolicy.New }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from },
    )
  const messages = await consumer.consume({ max_bytes: MOST_OCTETS })
  const end = () => messages.stop()
  signal.addEventListener('abort', end)
  try {
    const iterator = messages[Symbol.asyncIterator]()
    let next = iterator.next()
    while (!signal.aborted) {
      const quiet = new AbortController()
      const first = await Promise.race([
        next,
        delay(QUIET_MS, undefined, { signal: quiet.signal }).catch(() => undefined),
      ])
      quiet.abort()
      if (first === undefined) {
        yield undefined
        continue
      }
      if (first.done) return
      next = iterator.next()
      const { subject, data, seq: place } = first.value
      yield { place, zoneId: zoneOfEventSubject(subject), event: readable(data) }
    }
  } finally {
    signal.removeEventListener('abort', end)
    messages.stop()
    await consumer.delete().catch(() => {})
  }
}

function readable(data: Uint8Array): ZoneEvent | undefined {
  try {
    return decodeEvent(data)
  } catch {
    return undefined
  }
}
