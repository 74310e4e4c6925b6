import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, ConsumerMessages, JsMsg, Msg, NatsConnection } from 'nats'
import { onDisconnect } from '../../../shared/messaging/connect.ts'
import { leaderSubject } from '../../../shared/messaging/subjects.ts'
import { CONSUMER_HEARTBEAT_MS, ON_ITS_WAY_MS } from '../../../shared/time-limits.ts'
import { type MadeConsumer, makeConsumer } from './make-consumer.ts'

const PREFETCH = 1_000
const UNHEARD_PAUSE_MS = 100
const MOST_UNHEARD = 3

/** The queued commands of one partition, in stream order. */
export class Inbox {
  private readonly consumer: Consumer
  private readonly heartbeatMs: number
  /** What the consumer is asked for, the last one now; what was asked of a leader before may still give something. */
  private readonly pulls: ConsumerMessages[] = []
  private queued: JsMsg[] = []
  /** So many of the next were in the stream before this was opened. */
  private waited: number
  /** Given out and not settled. */
  private handed: JsMsg[] = []
  /** The place in the stream of the newest that has come, and its number among those that the consumer has given. */
  private newest = 0
  private delivered = 0
  private activity = 0
  private isWaitedFor = false
  /** So often nobody heard what was asked. */
  private unheard = 0
  private wake: () => void = () => {}
  private ended: Error | undefined
  private readonly unwatch: (() => void)[] = []
  /** What took how long to open it, in ms. */
  readonly took: MadeConsumer['took']

  private constructor({ consumer, waiting, took }: MadeConsumer, heartbeatMs: number) {
    this.consumer = consumer
    this.heartbeatMs = heartbeatMs
    this.waited = waiting
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
    const made = await makeConsumer(nats, partition, 4 * PREFETCH, isWanted)
    const inbox = new Inbox(made, heartbeatMs)
    inbox.unwatch.push(onDisconnect(nats, () => inbox.close(new ConnectionLost('NATS connection lost'))))
    if (made.leader !== undefined) inbox.followLeader(nats, partition, made.leader)
    await inbox.ask()
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
  }

  private take(message: JsMsg): void {
    if (this.ended !== undefined) return
    this.activity++
    this.unheard = 0
    const { deliverySequence, redelivered } = message.info
    const isNews = message.seq > this.newest && !redelivered
    if (deliverySequence > this.delivered + 1)
      this.close(new InboxClosed('a command did not come that the consumer has given'))
    else if (isNews && deliverySequence <= this.delivered)
      this.close(
        new InboxClosed('the consumer counts anew: it is another one, or does not know what it has given'),
      )
    // a leader that has not heard yet what the one before it gave gives it again
    else if (!isNews && this.hasInHand(message.seq))
      this.delivered = Math.max(this.delivered, deliverySequence)
    else {
      this.delivered = Math.max(this.delivered, deliverySequence)
      this.newest = Math.max(this.newest, message.seq)
      this.queued.push(message)
      this.wake()
    }
  }

  private hasInHand(seq: number): boolean {
    return this.queued.some((one) => one.seq === seq) || this.handed.some((one) => one.seq === seq)
  }

  private end(reason: Error): void {
    this.ended ??= reason
    this.queued = []
    // at once: what was asked would go on to ask the consumer of the same name that another writer makes, and keep what it is given
    for (const pull of this.pulls) pull.stop()
    for (const unwatch of this.unwatch) unwatch()
    this.wake()
  }

  /** Asks the consumer for commands. */
  private async ask(): Promise<void> {
    const pull = await this.consumer.consume({
      max_messages: PREFETCH,
      idle_heartbeat: this.heartbeatMs,
      callback: (message) => this.take(message),
    })
    this.pulls.push(pull)
    if (this.ended !== undefined) pull.stop()
    this.watch(pull)
  }

  /** After a lost connection or a deleted consumer the order is unknown; only opening anew restores it. */
  private watch(pull: ConsumerMessages): void {
    const isPresent = () => this.pulls.at(-1) === pull
    void pull.closed().then((error) => {
      if (isPresent()) this.end(error instanceof Error ? error : new InboxClosed('the pull ended'))
    })
    void (async () => {
      for await (const { type } of await pull.status())
        if (type === 'consumer_deleted' || type === 'consumer_not_found' || type === 'stream_not_found')
          this.end(new InboxClosed(type))
        // one that was made while its cluster lost a server may never get a leader, and says nothing for ever
        else if (type === 'heartbeats_missed') {
          if (isPresent()) this.end(new ConsumerSilent(type))
          // else it would ask the new leader too
          else pull.stop()
        } else if (type === 'no_responders' && isPresent()) this.askLater()
    })()
  }

  /** What leads the consumer does not listen yet; the library waits for beats that do not come. Each time twice as long, then those count. */
  private askLater(): void {
    if (this.unheard >= MOST_UNHEARD) return
    const timer = setTimeout(() => void this.askAnother(1), UNHEARD_PAUSE_MS * 2 ** this.unheard++)
    this.unwatch.push(() => clearTimeout(timer))
  }

  /**
   * A server that stops in order hands its consumers over to others, which do not know what it was asked. They are asked at once, instead of
   * when the silence is noticed; that nothing is missing shows by the numbers of what they give.
   */
  private followLeader(nats: NatsConnection, partition: number, first: string): void {
    const began = performance.now()
    const elections = nats.subscribe(leaderSubject(partition), {
      callback: (error, election) => {
        if (error !== null || this.ended !== undefined) return
        const leader = leaderIn(election)
        const isOfItsFirst = leader === first && performance.now() - began < ON_ITS_WAY_MS
        if (leader !== undefined && !isOfItsFirst) void this.askAnother()
      },
    })
    this.unwatch.push(() => elections.unsubscribe())
  }

  /** It says that it leads before it listens: where nothing comes it may not have heard, and is asked once more. */
  private async askAnother(tries = 2): Promise<void> {
    const { delivered } = this
    await this.ask().catch((problem) => this.close(new InboxClosed(String(problem))))
    const present = this.pulls.at(-1)
    // what the leader before has sent may still come
    await delay(ON_ITS_WAY_MS, undefined, { ref: false })
    if (this.ended !== undefined || this.pulls.at(-1) !== present) return
    for (const former of this.pulls.splice(0, this.pulls.length - 1)) former.stop()
    if (tries > 1 && this.delivered === delivered) await this.askAnother(tries - 1)
  }
}

/** Undefined for what no server of NATS would say. */
function leaderIn(election: Msg): string | undefined {
  try {
    const leader = election.json<{ leader?: unknown } | null>()?.leader
    return typeof leader === 'string' ? leader : undefined
  } catch {
    return undefined
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
export class ConnectionLost extends InboxClosed {}
/** Nothing has come of the consumer, not even a sign that it is there. */
export class ConsumerSilent extends InboxClosed {}
