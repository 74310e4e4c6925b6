import { setTimeout as delay } from 'node:timers/promises'
import type { JsMsg, MsgHdrs, NatsConnection, StoredMsg } from 'nats'
import { isRefusedByBreaker } from '../../../shared/breaker.ts'
import type { UpdateCommand } from '../../../shared/commands.ts'
import { isConnectionFault } from '../../../shared/database/faults.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import type { Logger } from '../../../shared/log.ts'
import { readCommand, traceparentOf } from '../../../shared/messaging/command-codec.ts'
import {
  CONSUMER_PATIENCE_MS,
  KEEP_CONSUMER_MS,
  LEFTOVERS_AGAIN_MS,
  WITHOUT_CONSUMER_MS,
} from '../../../shared/time-limits.ts'
import type { Settle } from '../batch/commit-batch.ts'
import type { QueuedCommand } from '../batch/decide-batch.ts'
import { ClaimLost } from '../store/claims.ts'
import { HeldBack, type Taken } from './held-back.ts'
import { ConsumerSilent, type Delivery, Inbox, InboxClosed } from './inbox.ts'
import { CommandsLeftOver, LeftoverWatch, takeLeftovers } from './leftovers.ts'
import { Patience } from './patience.ts'

const MAX_BATCH = 500
/** Each that is taken out of the stream costs two requests; the consumer, made anew, mostly gives the others. */
const LEFTOVERS_AT_ONCE = 50
const RETRY_MS = 200
const LOOK_MS = 50
const TAKE_AGAIN_MS = 100
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
  /** For so long a consumer and a batch in hand are kept while this writer may not work, in ms. */
  readonly keepMs?: number
}

export interface CommitHow {
  /** Does not wait for zones that something else holds. */
  readonly leaveBusy: boolean
  /** Another process may have had them in hand. */
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
  private hadLeftoversAt = Number.NEGATIVE_INFINITY
  /** A consumer that knew of commands which then were not there is not believed again until one gives something. */
  private believesCount = true
  /** This worker has decided all commands up to this place of the stream that it was given. */
  private decidedTo = 0
  private readonly patience = new Patience()
  private readonly ending = Promise.withResolvers<void>()
  private readonly finished: Promise<void>

  constructor(partition: number, context: PartitionWorkerContext) {
    this.partition = partition
    this.context = context
    this.log = context.log.child({ partition })
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
        if (this.hasLeftovers) await this.takeLeftovers()
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
        await delay(error instanceof InboxClosed ? LOOK_MS : RETRY_MS)
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
    const inbox = await this.takingMeanwhile(Promise.race([opening, this.ending.promise]))
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

  /** A cluster that has just lost a server may take a second to make a consumer: longer than some clients wait. */
  private async takingMeanwhile<T>(opening: Promise<T>): Promise<T> {
    const places: number[] = []
    let isOpen = false
    const opened = opening.finally(() => {
      isOpen = true
    })
    try {
      for (let waitMs = CONSUMER_PATIENCE_MS; ; waitMs = TAKE_AGAIN_MS) {
        await Promise.race([opened, delay(waitMs)])
        if (isOpen || this.stopped) return await opened
        places.push(...(await this.takeNew()))
      }
    } finally {
      if (places.length > 0) {
        // it was made while they were there, and may never know that they are gone
        this.believesCount = false
        this.log.info(
          { commands: places.length, from: places[0], to: places.at(-1) },
          'NATS was slow to make the consumer of commands; they were taken without it meanwhile',
        )
      }
    }
  }

  /** None where this writer may not work, or the stream says nothing either. */
  private async takeNew(): Promise<number[]> {
    if (!this.context.mayWork()) return []
    try {
      await this.confirmClaim()
      return this.stopped ? [] : await this.takeSome(this.decidedTo + 1, CONSUMER_PATIENCE_MS)
    } catch (error) {
      this.log.debug({ error }, 'no commands could be taken without their consumer')
      return []
    }
  }

  private async workFrom(inbox: Inbox): Promise<void> {
    this.inbox = inbox
    const heldBack = new HeldBack<JsMsg>()
    const { log, partition, believesCount: believesIt } = this
    const watch = new LeftoverWatch(inbox, { nats: this.context.nats, log, partition, believesIt })
    try {
      while (!this.stopped) {
        const delivery = await inbox.next(MAX_BATCH, heldBack.dueMs)
        this.patience.saidSomething()
        this.believesCount = true
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
    const taken = this.readAll(messages, delivered)
    if (taken.length < messages.length) inbox.settle(without(messages, taken))
    const leaveBusy = !heldBack.isEmpty
    const admitted = heldBack.admit(taken)
    if (admitted.length === 0) return
    await this.persist(inbox, () =>
      this.decide(admitted, { leaveBusy, haveWaited }, (left) =>
        inbox.settle(heldBack.keep(admitted, left).map(({ message }) => message)),
      ),
    )
    if (heldBack.isEmpty && !this.stopped) this.hasDecided(admitted.map(({ message }) => message.seq))
  }

  private hasDecided(places: readonly number[]): void {
    this.decidedTo = places.reduce((most, place) => Math.max(most, place), this.decidedTo)
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

  /** All that have gathered; or again and again where that was done a moment ago: a cluster may go on making consumers that give nothing. */
  private async takeLeftovers(): Promise<void> {
    const began = performance.now()
    const isAgain = began - this.hadLeftoversAt < LEFTOVERS_AGAIN_MS
    this.hadLeftoversAt = began
    this.hasLeftovers = false
    const places: number[] = []
    let isEmpty = false
    try {
      for (let isFirst = true, isMore = true; isMore || isAgain; isFirst = false) {
        if (!isFirst) await this.confirmClaim()
        if (this.stopped || performance.now() - began > WITHOUT_CONSUMER_MS) return
        const taken = await this.takeSomeLeftovers()
        isEmpty = taken?.length === 0 && places.length === 0
        if (taken === undefined || taken.length === 0) return
        places.push(...taken)
        isMore = taken.length >= LEFTOVERS_AT_ONCE
      }
    } finally {
      this.believesCount = !isEmpty
      if (places.length > 0)
        this.log.warn(
          { commands: places.length, from: places[0], to: places.at(-1) },
          'commands stayed in the stream though their consumer had nothing to give; they were taken without it',
        )
    }
  }

  /** Undefined where it fails: what is left is found again. What was decided long ago, and is there again, keeps nobody waiting. */
  private async takeSomeLeftovers(): Promise<number[] | undefined> {
    try {
      const fresh = await this.takeSome(this.decidedTo + 1)
      return fresh.length === LEFTOVERS_AT_ONCE ? fresh : [...(await this.takeSome(1)), ...fresh]
    } catch (error) {
      this.log.error({ error }, 'commands stay in the stream, and could not be taken out of it')
      return undefined
    }
  }

  /**
   * Takes commands out of the stream from this place on, and gives their places. Others may have had them in hand, and some may be recorded or past their deadline;
   * deciding finds or records that (P2, P5).
   */
  private async takeSome(from: number, answerMs?: number): Promise<number[]> {
    const which = { from, most: LEFTOVERS_AT_ONCE, ...(answerMs === undefined ? {} : { answerMs }) }
    return await takeLeftovers(this.context.nats, this.partition, which, async (messages) => {
      const taken = this.readAll(messages, stored)
      let left: ReadonlySet<QueuedCommand> = new Set()
      await this.decide(taken, { leaveBusy: true, haveWaited: true }, (these) => {
        left = new Set(these)
      })
      if (left.size === 0) this.hasDecided(messages.map(({ seq }) => seq))
      return without(
        messages,
        taken.filter(({ queued }) => left.has(queued)),
      )
    })
  }

  private beMorePatient(): void {
    const { heartbeatMs } = this.patience
    this.log.warn({ heartbeatMs }, 'the consumer of commands said nothing, it is made anew')
    this.patience.saidNothing()
  }

  /** Looks instead of listening: it happens in outages only, and must end when the worker is stopped. */
  private async untilItMayWork(): Promise<void> {
    while (!this.stopped && !this.context.mayWork()) await delay(LOOK_MS)
  }

  private async decide(taken: readonly Taken<unknown>[], how: CommitHow, settle: Settle): Promise<void> {
    if (taken.length === 0) return
    await this.context.commit(
      taken.map(({ queued }) => queued),
      how,
      settle,
    )
  }

  /** A message of another version, or no command at all, is set aside: it would block its neighbours for ever. */
  private readAll<Message>(
    messages: readonly Message[],
    partsOf: (message: Message) => QueuedMessage,
  ): Taken<Message>[] {
    return messages.flatMap((message) => {
      const { seq, queuedAt, headers, data } = partsOf(message)
      try {
        const command = readCommand(headers, data)
        if (!this.context.isProven(command, headers))
          throw new UnreadablePayload(`it claims to be of ${command.identity}, and no writer signed it`)
        return [{ message, queued: { command, queuedAt, traceparent: traceparentOf(headers) } }]
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
