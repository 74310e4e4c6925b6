import type { ConsumerMessages, JsMsg, NatsConnection } from 'nats'
import { onDisconnect } from '../../../shared/messaging/connect.ts'
import { leaderSubject } from '../../../shared/messaging/subjects.ts'
import { CONSUMER_HEARTBEAT_MS } from '../../../shared/time-limits.ts'
import { type MadeConsumer, makeConsumer } from './make-consumer.ts'

const PREFETCH = 1_000

/** The queued commands of one partition, in stream order. */
export class Inbox {
  private readonly messages: ConsumerMessages
  private queued: JsMsg[] = []
  /** So many of the next were in the stream before this was opened. */
  private waited: number
  /** Given out and not settled. */
  private handed: JsMsg[] = []
  private newest = 0
  private activity = 0
  private isWaitedFor = false
  private wake: () => void = () => {}
  private ended: Error | undefined
  private readonly unwatch: (() => void)[] = []
  /** What took how long to open it, in ms. */
  readonly took: MadeConsumer['took']

  private constructor(messages: ConsumerMessages, waited: number, took: MadeConsumer['took']) {
    this.messages = messages
    this.waited = waited
    this.took = took
  }

  /**
   * Makes the partition's consumer anew, so that everything not yet acknowledged comes again at once and in stream order:
   * what a dead writer had taken does not wait for its acknowledgement to expire. A consumer that misses two heartbeats is given up. Throws
   * {@link NotWanted} when `isWanted` says no meanwhile: another writer may make that consumer then.
   */
  static async open(
    nats: NatsConnection,
    partition: number,
    heartbeatMs = CONSUMER_HEARTBEAT_MS,
    isWanted: () => boolean = () => true,
  ): Promise<Inbox> {
    const { consumer, waiting, leader, took } = await makeConsumer(nats, partition, 4 * PREFETCH, isWanted)
    let inbox: Inbox | undefined
    const early: JsMsg[] = []
    const messages = await consumer.consume({
      max_messages: PREFETCH,
      idle_heartbeat: heartbeatMs,
      callback: (message) => (inbox === undefined ? early.push(message) : inbox.take(message)),
    })
    inbox = new Inbox(messages, waiting, took)
    for (const message of early) inbox.take(message)
    inbox.watch(nats)
    if (leader !== undefined) inbox.watchLeader(nats, partition, leader)
    return inbox
  }

  /**
   * One message or as many as have queued, up to `most`; no timer waits for more. With `limitMs` there may be none by then. Throws
   * when the inbox must be opened anew.
   */
  async next(most: number, limitMs?: number): Promise<Delivery> {
    this.activity++
    this.isWaitedFor = true
    let isOver = false
    while (this.queued.length === 0 && !isOver) {
      if (this.ended !== undefined) throw this.ended
      await new Promise<void>((resolve) => {
        this.wake = resolve
        if (limitMs !== undefined) setTimeout(resolve, limitMs)
      })
      isOver = limitMs !== undefined
    }
    this.isWaitedFor = false
    const haveWaited = this.waited > 0
    const messages = this.queued.splice(0, haveWaited ? Math.min(most, this.waited) : most)
    if (haveWaited) this.waited -= messages.length
    this.handed.push(...messages)
    return { messages, haveWaited }
  }

  /** Acknowledges what was given: its commands are recorded. */
  settle(messages: readonly JsMsg[]): void {
    for (const message of messages) message.ack()
    if (messages.length === this.handed.length) this.handed = []
    else {
      const settled = new Set(messages)
      this.handed = this.handed.filter((message) => !settled.has(message))
    }
  }

  /** How far it has got, for {@link LeftoverWatch}. */
  get progress(): Progress {
    const unsettled = [...this.handed, ...this.queued]
    return {
      activity: this.activity,
      isIdle: this.isWaitedFor && unsettled.length === 0,
      owes: this.waited > 0,
      inHand: unsettled.reduce((least, { seq }) => Math.min(least, seq), Number.POSITIVE_INFINITY),
      newest: this.newest,
    }
  }

  throwIfEnded(): void {
    if (this.ended !== undefined) throw this.ended
  }

  close(reason: Error = new InboxClosed('closed')): void {
    this.end(reason)
    for (const unwatch of this.unwatch) unwatch()
  }

  private take(message: JsMsg): void {
    this.activity++
    this.newest = Math.max(this.newest, message.seq)
    this.queued.push(message)
    this.wake()
  }

  private end(reason: Error): void {
    this.ended ??= reason
    this.queued = []
    // at once: it would ask the consumer of the same name that another writer makes, and keep what it is given
    this.messages.stop()
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
    this.unwatch.push(onDisconnect(nats, () => this.close(new InboxClosed('NATS connection lost'))))
  }

  /**
   * A new leader knows nothing of what was asked of the one before, and what that one had sent last may be lost. A server that stops in
   * order hands over at once; without this it would be noticed by the silence alone.
   */
  private watchLeader(nats: NatsConnection, partition: number, leader: string): void {
    const elections = nats.subscribe(leaderSubject(partition), {
      callback: (error, election) => {
        // that of the consumer itself may be told late
        if (error === null && election.json<{ leader?: string }>().leader !== leader)
          this.close(new InboxClosed('the consumer has another leader'))
      },
    })
    this.unwatch.push(() => elections.unsubscribe())
  }
}

export interface Delivery {
  readonly messages: readonly JsMsg[]
  /** They were in the stream before the inbox was opened: another process may have had them in hand. */
  readonly haveWaited: boolean
}

export interface Progress {
  /** Counts what has come and how often more was asked for. */
  readonly activity: number
  /** Whether everything that has come is settled, and more is waited for. */
  readonly isIdle: boolean
  /** Whether the consumer knew, when it was made, of commands that it has not given yet. */
  readonly owes: boolean
  /** The place in the stream of the oldest command that has come and is not settled; infinite when there is none. */
  readonly inHand: number
  /** The place of the newest that has come. */
  readonly newest: number
}

/** The inbox has ended without a fault of its own. */
export class InboxClosed extends Error {}
/** Nothing has come of the consumer, not even a sign that it is there. */
export class ConsumerSilent extends InboxClosed {}
