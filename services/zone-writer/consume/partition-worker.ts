import { setTimeout as delay } from 'node:timers/promises'
import type { JsMsg, MsgHdrs, NatsConnection, StoredMsg } from 'nats'
import { isRefusedByBreaker } from '../../../shared/breaker.ts'
import type { UpdateCommand } from '../../../shared/commands.ts'
import { isConnectionFault } from '../../../shared/database/faults.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import type { Logger } from '../../../shared/log.ts'
import { readCommand, traceparentOf } from '../../../shared/messaging/command-codec.ts'
import { KEEP_CONSUMER_MS } from '../../../shared/time-limits.ts'
import type { Settle } from '../batch/commit-batch.ts'
import type { QueuedCommand } from '../batch/decide-batch.ts'
import { ClaimLost } from '../store/claims.ts'
import { HeldBack, type Taken } from './held-back.ts'
import { ConnectionLost, ConsumerSilent, type Delivery, Inbox, InboxClosed } from './inbox.ts'
import { CommandsLeftOver, LeftoverWatch } from './leftovers.ts'
import { Patience } from './patience.ts'
import { WithoutConsumer } from './without-consumer.ts'

const MAX_BATCH = 500
const RETRY_MS = 200
const LOOK_MS = 50
const OTHER_SERVER_LOOKS = 3
/** Updates of the partition wait meanwhile. */
const LONG_MS = 1_500

export interface PartitionWorkerContext {
  readonly nats: NatsConnection
  readonly log: Logger
  /** Gives what holds the partition, another one when it has been lost meanwhile. Throws {@link ClaimLost} when nothing does. */
  readonly confirmClaim: () => Promise<unknown>
  /** Whether a command is of whom it claims; see command-proof.ts. */
  readonly isProven: (command: UpdateCommand, headers: MsgHdrs | undefined) => boolean
  /** Whether NATS is connected, the partition held, and a commit would be tried. */
  readonly mayWork: () => boolean
  /**
   * Commits and tells edges and the world. `settle` is given what could not be decided yet, in the same turn in which all is told:
   * acknowledgements leave with it, in one write.
   */
  readonly commit: (queue: readonly QueuedCommand[], how: CommitHow, settle: Settle) => Promise<void>
  /** For so long a consumer and a batch in hand are kept while this writer may not work, in ms. Only tests change it, as the next. */
  readonly keepMs?: number
  /** For so long a consumer may be made before commands are taken without it, in ms. */
  readonly patienceMs?: number
}

export interface CommitHow {
  /** Does not wait for zones that something else holds. */
  readonly leaveBusy: boolean
  /** Another process may have had one of them in hand. */
  readonly haveWaited: boolean
}

/**
 * Takes what has queued, has it committed, tells, and acknowledges. While Postgres is away it keeps the batch in hand for a while, and tries it again;
 * whatever else goes wrong, there is one way on: forget what is in memory and open the inbox anew, which brings back everything unacknowledged
 * in order. Either way finds recorded outcomes.
 */
export class PartitionWorker {
  readonly partition: number
  private readonly context: PartitionWorkerContext
  private readonly log: Logger
  private stopped = false
  private inbox: Inbox | undefined
  private hasLeftovers = false
  private readonly withoutConsumer: WithoutConsumer
  private readonly patience = new Patience()
  private readonly ending = Promise.withResolvers<void>()
  private readonly finished: Promise<void>

  constructor(partition: number, context: PartitionWorkerContext) {
    this.partition = partition
    this.context = context
    this.log = context.log.child({ partition })
    this.withoutConsumer = new WithoutConsumer({
      ...{ nats: context.nats, log: this.log, partition, mayWork: context.mayWork },
      isStopped: () => this.stopped,
      confirmClaim: () => this.confirmClaim(),
      decide: (messages) => this.decideStored(messages),
      ...(context.patienceMs === undefined ? {} : { patienceMs: context.patienceMs }),
    })
    this.finished = this.run()
  }

  /** Finishes the commit under way, then ends. */
  async stop(): Promise<void> {
    this.stopped = true
    this.ending.resolve()
    this.inbox?.close()
    await this.finished
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.untilItMayWork()
        if (this.stopped) return
        const claim = await this.confirmClaim()
        if (this.stopped) return
        if (this.hasLeftovers) await this.withoutConsumer.takeAll()
        this.hasLeftovers = false
        if (this.stopped) return
        const inbox = await this.openInbox()
        try {
          // another writer may have made the consumer meanwhile, which then is not ours
          if ((await this.confirmClaim()) !== claim) throw new ClaimLost('held by another session now')
          await this.workFrom(inbox)
        } finally {
          inbox.close()
        }
      } catch (error) {
        if (this.stopped) return
        if (error instanceof ConsumerSilent) this.beMorePatient()
        else if (error instanceof CommandsLeftOver) this.hasLeftovers = true
        else if (!isExpected(error))
          this.log.error({ error }, 'batch not settled; its commands will be taken again')
        await delay(hasCause(error) ? LOOK_MS : RETRY_MS)
      }
    }
  }

  /** Postgres may be there and say nothing: a worker that is stopped does not wait for that. */
  private async confirmClaim(): Promise<unknown> {
    return await Promise.race([this.context.confirmClaim(), this.ending.promise])
  }

  /** NATS may take long: commands do not wait for that, nor does a worker that is stopped. */
  private async openInbox(): Promise<Inbox> {
    const { nats } = this.context
    const opening = Inbox.open(nats, this.partition, this.patience.heartbeatMs, () => !this.stopped)
    const inbox = await this.withoutConsumer.meanwhile(Promise.race([opening, this.ending.promise]))
    if (inbox === undefined) {
      opening.then(
        (late) => late.close(),
        () => {},
      )
      throw new InboxClosed('stopped')
    }
    if (Object.values(inbox.took).reduce((sum, ms) => sum + ms) > LONG_MS)
      this.log.warn({ ms: inbox.took }, 'NATS took long to make the consumer of commands')
    return inbox
  }

  private async workFrom(inbox: Inbox): Promise<void> {
    this.inbox = inbox
    const heldBack = new HeldBack<JsMsg>()
    const { log, partition, withoutConsumer } = this
    const believesIt = withoutConsumer.believesCount
    const watch = new LeftoverWatch(inbox, { nats: this.context.nats, log, partition, believesIt })
    try {
      while (!this.stopped) {
        const delivery = await inbox.next(MAX_BATCH, heldBack.dueMs)
        this.patience.saidSomething()
        withoutConsumer.believesCount = true
        await this.process(delivery, inbox, heldBack)
      }
    } finally {
      watch.close()
    }
  }

  private async process(
    { messages, haveWaited }: Delivery,
    inbox: Inbox,
    heldBack: HeldBack<JsMsg>,
  ): Promise<void> {
    const taken = this.readAll(messages, delivered, haveWaited)
    if (taken.length < messages.length) inbox.settle(without(messages, taken))
    const leaveBusy = !heldBack.isEmpty
    const admitted = heldBack.admit(taken)
    if (admitted.length === 0) return
    await this.persist(inbox, () =>
      this.decide(admitted, leaveBusy, (left) =>
        inbox.settle(heldBack.keep(admitted, left).map(({ message }) => message)),
      ),
    )
    if (heldBack.isEmpty && !this.stopped)
      this.withoutConsumer.decided(admitted.map(({ message }) => message.seq))
  }

  /**
   * Tries again when Postgres is back: what became of the commands before is found then, as of commands that are delivered again. Not for
   * ever: they are delivered again when they are not acknowledged for long.
   */
  private async persist(inbox: Inbox, work: () => Promise<void>): Promise<void> {
    const end = performance.now() + (this.context.keepMs ?? KEEP_CONSUMER_MS)
    for (let isFirst = true; ; isFirst = false) {
      try {
        await this.untilItMayGoOn(inbox, end)
        if (!isFirst && !this.stopped) await this.confirmClaim()
        if (!this.stopped) await work()
        return
      } catch (error) {
        if (this.stopped || !isPassing(error) || performance.now() > end) throw error
        if (!isExpected(error))
          this.log.error({ error }, 'batch not settled; its commands will be tried again')
        await delay(RETRY_MS)
      }
    }
  }

  private async untilItMayGoOn(inbox: Inbox, end: number): Promise<void> {
    while (!this.stopped) {
      inbox.throwIfEnded()
      if (this.context.mayWork()) return
      if (performance.now() > end) throw new InboxClosed('this writer may not work')
      await delay(LOOK_MS)
    }
  }

  /** Gives back those that are settled. */
  private async decideStored(messages: readonly StoredMsg[]): Promise<readonly StoredMsg[]> {
    const taken = this.readAll(messages, stored, true)
    let left: ReadonlySet<QueuedCommand> = new Set()
    await this.decide(taken, true, (these) => {
      left = new Set(these)
    })
    return without(
      messages,
      taken.filter(({ queued }) => left.has(queued)),
    )
  }

  private beMorePatient(): void {
    const { heartbeatMs } = this.patience
    this.log.warn({ heartbeatMs }, 'the consumer of commands said nothing, it is made anew')
    this.patience.saidNothing()
  }

  /** Looks instead of listening: it happens in outages only, and must end when the worker is stopped. */
  private async untilItMayWork(): Promise<void> {
    for (let looks = 0; !this.stopped && !this.context.mayWork(); looks++) {
      // a server that is not the only one is replaced by another sooner
      if (looks === OTHER_SERVER_LOOKS) this.withoutConsumer.forgetPlaces()
      await delay(LOOK_MS)
    }
  }

  private async decide(taken: readonly Taken<unknown>[], leaveBusy: boolean, settle: Settle): Promise<void> {
    if (taken.length === 0) return
    await this.context.commit(
      taken.map(({ queued }) => queued),
      { leaveBusy, haveWaited: taken.some(({ hasWaited }) => hasWaited) },
      settle,
    )
  }

  /** A message of another version, or no command at all, is set aside: it would block its neighbours for ever. */
  private readAll<Message>(
    messages: readonly Message[],
    partsOf: (message: Message) => QueuedMessage,
    haveWaited: boolean,
  ): Taken<Message>[] {
    return messages.flatMap((message) => {
      const { seq, queuedAt, headers, data } = partsOf(message)
      try {
        const command = readCommand(headers, data)
        if (!this.context.isProven(command, headers))
          throw new UnreadablePayload(`it claims to be of ${command.identity}, and no writer signed it`)
        const queued = { command, queuedAt, traceparent: traceparentOf(headers) }
        return [{ message, queued, hasWaited: haveWaited }]
      } catch (error) {
        this.log.error({ error, stream: seq }, 'unreadable command dropped')
        return []
      }
    })
  }
}

/** Nothing is wrong with the consumer, nor with the commands. */
function isPassing(error: unknown): boolean {
  return isRefusedByBreaker(error) || isConnectionFault(error) || error instanceof ClaimLost
}

/** Which does not recur at once. */
function hasCause(error: unknown): boolean {
  return (
    error instanceof CommandsLeftOver || error instanceof ConnectionLost || error instanceof ConsumerSilent
  )
}

/** Told by others, and no fault of this. */
function isExpected(error: unknown): boolean {
  return isRefusedByBreaker(error) || error instanceof InboxClosed || error instanceof ClaimLost
}

function without<Message>(messages: readonly Message[], taken: readonly Taken<Message>[]): Message[] {
  const isTaken = new Set(taken.map(({ message }) => message))
  return messages.filter((message) => !isTaken.has(message))
}

interface QueuedMessage {
  /** Its place in the stream. */
  readonly seq: number
  readonly queuedAt: number
  readonly headers: MsgHdrs | undefined
  readonly data: Uint8Array
}

function delivered({ headers, data, info }: JsMsg): QueuedMessage {
  return { seq: info.streamSequence, queuedAt: Math.floor(info.timestampNanos / 1_000_000), headers, data }
}

function stored({ seq, time, header, data }: StoredMsg): QueuedMessage {
  return { seq, queuedAt: time.getTime(), headers: header, data }
}
