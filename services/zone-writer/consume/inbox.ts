import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg, type NatsConnection, nanos } from 'nats'
import { onDisconnect } from '../../../shared/messaging/connect.ts'
import { isNotFound } from '../../../shared/messaging/streams.ts'
import { COMMANDS_STREAM, commandSubject, consumerName } from '../../../shared/messaging/subjects.ts'
import { ACK_WAIT_MS, CONSUMER_HEARTBEAT_MS } from '../../../shared/time-limits.ts'

const PREFETCH = 1_000

/** The queued commands of one partition, in stream order. */
export class Inbox {
  private readonly messages: ConsumerMessages
  private queued: JsMsg[] = []
  private wake: () => void = () => {}
  private ended: Error | undefined
  private unwatch: () => void = () => {}

  private constructor(messages: ConsumerMessages) {
    this.messages = messages
  }

  /**
   * Makes the partition's consumer anew, so that everything not yet acknowledged comes again at once and in stream order:
   * what a dead writer had taken does not wait for its acknowledgement to expire. A consumer that misses two heartbeats is given up.
   */
  static async open(
    nats: NatsConnection,
    partition: number,
    heartbeatMs = CONSUMER_HEARTBEAT_MS,
  ): Promise<Inbox> {
    const manager = await nats.jetstreamManager()
    const name = consumerName(partition)
    await manager.consumers.delete(COMMANDS_STREAM, name).catch((error) => {
      if (!isNotFound(error)) throw error
    })
    await manager.consumers.add(COMMANDS_STREAM, {
      durable_name: name,
      filter_subject: commandSubject(partition),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      deliver_policy: DeliverPolicy.All,
      max_ack_pending: 4 * PREFETCH,
    })
    const consumer = await nats.jetstream().consumers.get(COMMANDS_STREAM, name)
    let inbox: Inbox | undefined
    const early: JsMsg[] = []
    const messages = await consumer.consume({
      max_messages: PREFETCH,
      idle_heartbeat: heartbeatMs,
      callback: (message) => (inbox === undefined ? early.push(message) : inbox.take(message)),
    })
    inbox = new Inbox(messages)
    for (const message of early) inbox.take(message)
    inbox.watch(nats)
    return inbox
  }

  /** One message or as many as have queued, up to `most`; no timer waits for more. Throws when the inbox must be opened anew. */
  async next(most: number): Promise<JsMsg[]> {
    while (this.queued.length === 0) {
      if (this.ended !== undefined) throw this.ended
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
    return this.queued.splice(0, most)
  }

  close(reason = 'closed'): void {
    this.end(new InboxClosed(reason))
    this.messages.stop()
    this.unwatch()
  }

  private take(message: JsMsg): void {
    this.queued.push(message)
    this.wake()
  }

  private end(reason: Error): void {
    this.ended ??= reason
    this.queued = []
    this.wake()
  }

  /** After a lost connection or a deleted consumer the order is unknown; only opening anew restores it. */
  private watch(nats: NatsConnection): void {
    void this.messages
      .closed()
      .then((error) => this.end(error instanceof Error ? error : new InboxClosed('the pull ended')))
    void (async () => {
      for await (const status of await this.messages.status())
        if (
          status.type === 'consumer_deleted' ||
          status.type === 'consumer_not_found' ||
          status.type === 'stream_not_found'
        )
          this.end(new InboxClosed(status.type))
        // one that was made while its cluster lost a server may never get a leader, and says nothing for ever
        else if (status.type === 'heartbeats_missed') this.end(new ConsumerSilent(status.type))
    })()
    this.unwatch = onDisconnect(nats, () => this.close('NATS connection lost'))
  }
}

/** The inbox has ended without a fault of its own. */
export class InboxClosed extends Error {}
/** Nothing has come of the consumer, not even a sign that it is there. */
export class ConsumerSilent extends InboxClosed {}
