import type { NatsConnection } from 'nats'
import { encodeEvent, encodeNotice } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Logger } from '../../../shared/log.ts'
import { encodeOutcomes, MOST_OUTCOMES, type Outcome } from '../../../shared/messaging/outcome-codec.ts'
import { StreamPublisher } from '../../../shared/messaging/stream-publisher.ts'
import { eventSubject, outcomeSubject } from '../../../shared/messaging/subjects.ts'
import type { PublishedRange } from '../store/published.ts'
import { PublishedRanges } from './published-ranges.ts'

const ACK_TIMEOUT_MS = 5_000
/** NATS' default, and what a message's headers may take of it. */
const DEFAULT_PAYLOAD = 1 << 20
const HEADER_ROOM = 1_024

/** Tells edges and the world what was committed. Publishing twice is harmless: readers go by zone and sequence number. */
export class Publisher {
  private readonly nats: NatsConnection
  private readonly stream: StreamPublisher
  private readonly log: Logger
  private readonly mostOctets: number
  /** What the stream has confirmed, until it is recorded. */
  readonly confirmed = new PublishedRanges()
  private readonly pending = new Set<Promise<void>>()
  private generation = 0

  /** `mostOctets` of an event in one message; what is larger is announced by a notice. */
  constructor(
    nats: NatsConnection,
    log: Logger,
    mostOctets = (nats.info?.max_payload ?? DEFAULT_PAYLOAD) - HEADER_ROOM,
  ) {
    this.mostOctets = mostOctets
    this.nats = nats
    this.stream = new StreamPublisher(nats, { timeoutMs: ACK_TIMEOUT_MS })
    this.log = log
  }

  /**
   * Events first: on one connection an edge receives them before the outcomes that rest on them (P4). All is on its way at once; what
   * it returns resolves as that of {@link publish} does.
   */
  announce(
    events: readonly ZoneEvent[],
    outcomes: readonly { edgeId: string; outcome: Outcome }[],
  ): Promise<void> {
    const published = this.publish(events)
    this.stream.flush()
    for (const [edgeId, group] of Map.groupBy(outcomes, ({ edgeId }) => edgeId))
      for (let start = 0; start < group.length; start += MOST_OUTCOMES) {
        const some = group.slice(start, start + MOST_OUTCOMES).map(({ outcome }) => outcome)
        this.nats.publish(outcomeSubject(edgeId), encodeOutcomes(some))
      }
    return published
  }

  /** Resolves when the stream has confirmed the events, or when it has not: the sweep publishes those again. */
  async publish(events: readonly ZoneEvent[]): Promise<void> {
    const zones = Map.groupBy(events, ({ zoneId }) => zoneId).values()
    await Promise.all([...zones].flatMap(withoutGaps).map((run) => this.publishRun(run)))
  }

  /** As {@link publish}, for an event that is too large for a message, or to be loaded for one. */
  async publishNotice({ zoneId, seq }: { zoneId: number; seq: number }): Promise<void> {
    await this.confirming({ zoneId, from: seq, to: seq }, () =>
      this.send(eventSubject(zoneId), encodeNotice({ zoneId, seq })),
    )
  }

  /**
   * Believes no more what was confirmed, or will be, of the events so far: after a fail-over others may have their numbers. Those that are there are published again.
   */
  forgetConfirmed(): void {
    this.generation++
    this.confirmed.forgetAll()
  }

  /** Waits until everything announced is confirmed or given up. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.pending])
  }

  close(): void {
    this.stream.close()
  }

  private async publishRun(events: readonly ZoneEvent[]): Promise<void> {
    const { zoneId, seq } = events[0]!
    const subject = eventSubject(zoneId)
    await this.confirming({ zoneId, from: seq, to: events.at(-1)!.seq }, () =>
      Promise.all(events.map((event) => this.send(subject, this.payloadOf(event)))),
    )
  }

  private async confirming(range: PublishedRange, sending: () => Promise<unknown>): Promise<void> {
    const { generation } = this
    const work = sending().then(
      () => {
        if (generation === this.generation) this.confirmed.add(range)
      },
      (error) =>
        this.log.warn(
          { error, ...range },
          'events not confirmed by the stream; they will be published again',
        ),
    )
    this.pending.add(work)
    await work.finally(() => this.pending.delete(work))
  }

  private payloadOf(event: ZoneEvent): Uint8Array {
    const encoded = encodeEvent(event)
    return encoded.length <= this.mostOctets ? encoded : encodeNotice(event)
  }

  /** Without a Nats-Msg-Id, by which JetStream would drop a second copy: readers do that, and headers cost both sides time. */
  private send(subject: string, payload: Uint8Array): Promise<void> {
    return this.stream.publish(subject, payload)
  }
}

/** Batches that were committed in parts may have had an event of somebody else between them, and that is not ours to speak for. */
function withoutGaps(events: readonly ZoneEvent[]): ZoneEvent[][] {
  const runs: ZoneEvent[][] = []
  for (const event of events) {
    const run = runs.at(-1)
    if (run?.at(-1)?.seq === event.seq - 1) run.push(event)
    else runs.push([event])
  }
  return runs
}
