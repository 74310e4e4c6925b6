import { setTimeout as delay } from 'node:timers/promises'
import type { JetStreamManager, NatsConnection, StoredMsg } from 'nats'
import type { Logger } from '../../../shared/log.ts'
import { isConnected } from '../../../shared/messaging/connect.ts'
import { isNotFound } from '../../../shared/messaging/streams.ts'
import { COMMANDS_STREAM, commandSubject } from '../../../shared/messaging/subjects.ts'
import {
  LEFTOVER_FIRST_LOOK_MS,
  LEFTOVER_LOOK_MS,
  LEFTOVER_SECOND_LOOK_MS,
} from '../../../shared/time-limits.ts'
import { type Inbox, InboxClosed, type Progress } from './inbox.ts'

/** While commands come, the stream is asked no more often. */
const BUSY_MS = 10_000
/** What a stream without a leader is asked it never hears. */
const LOOK_ANSWER_MS = 1_000

const MOST_PLACES_AT_ONCE = 16

/** Commands are in the stream that the partition's consumer has passed by or does not give. */
export class CommandsLeftOver extends InboxClosed {}

/** What is known at one look. */
export interface Look extends Omit<Progress, 'owes'> {
  /** The oldest command of the partition that is in the stream. */
  readonly oldest: number
}

/**
 * Whether the oldest command of the stream, which was the oldest before, will not come by itself: nothing was done between two looks; or
 * much was done, and it is older than what is in hand.
 */
export function isLeftOver(before: Pick<Look, 'oldest' | 'activity'>, now: Look): boolean {
  if (before.oldest !== now.oldest) return false
  const isQuiet = now.isIdle && before.activity === now.activity
  return isQuiet || (now.oldest < now.inHand && now.oldest <= now.newest)
}

export interface WatchOptions {
  readonly nats: NatsConnection
  readonly log: Logger
  readonly partition: number
  /** Whether a consumer that knows of commands and gives none is believed: one that was made a moment ago may have been wrong. */
  readonly believesIt: boolean
}

/**
 * Looks from time to time whether commands stay in the stream, and ends the inbox with {@link CommandsLeftOver} then: when the stream says so, or
 * the consumer itself, which may not need an answer of a stream that gives none.
 */
export class LeftoverWatch {
  private readonly inbox: Inbox
  private readonly log: Logger
  private readonly believesIt: boolean
  private readonly lookMs: number
  private hasFailed = false
  private isLooking = false
  private readonly oldest: () => Promise<number | undefined>
  private timer: NodeJS.Timeout | undefined
  private before: Pick<Look, 'oldest' | 'activity'> = { oldest: Number.NaN, activity: -1 }
  private looks = 0

  constructor(inbox: Inbox, { nats, log, partition, believesIt }: WatchOptions) {
    this.inbox = inbox
    this.log = log
    this.believesIt = believesIt
    // a server alone hands no consumers over
    this.lookMs = nats.info?.cluster === undefined ? 2 * LEFTOVER_LOOK_MS : LEFTOVER_LOOK_MS
    this.oldest = async () => (await oldestCommand(await managerOf(nats), partition))?.seq
    this.lookAfter(LEFTOVER_FIRST_LOOK_MS)
  }

  close(): void {
    clearTimeout(this.timer)
  }

  /** A consumer that was made while its cluster lost a server may give nothing from the first on: that shows soon. */
  private lookAfter(ms: number): void {
    this.timer = setTimeout(() => {
      this.lookAfter(this.lookMs)
      void this.lookOnce()
    }, ms)
  }

  /** One after another: two that are answered at once would see nothing happen between them. */
  private async lookOnce(): Promise<void> {
    if (this.isLooking) return
    this.isLooking = true
    await this.look().catch((error) => this.failed(error))
    this.isLooking = false
  }

  private failed(error: unknown): void {
    if (!this.hasFailed) this.log.warn({ error }, 'cannot look whether commands stay in the stream')
    this.hasFailed = true
  }

  private async look(): Promise<void> {
    const { activity, isIdle, owes, newest } = this.inbox.progress
    // of a consumer that has given nothing yet the first look says as much
    const isQuiet = isIdle && (activity === this.before.activity || newest === 0)
    this.before = { ...this.before, activity }
    if (isQuiet && owes && this.believesIt) {
      this.inbox.close(new CommandsLeftOver('the consumer knows of commands and gives none'))
      return
    }
    if (!isQuiet && this.looks++ % (BUSY_MS / this.lookMs) !== 0) return
    // one that has just come may be on its way: only a second look tells
    if ((await this.compare()) && isQuiet) {
      await delay(LEFTOVER_SECOND_LOOK_MS)
      await this.compare()
    }
  }

  /** Whether there is any command. */
  private async compare(): Promise<boolean> {
    const oldest = await this.oldest()
    const { before } = this
    const now = { ...this.inbox.progress, oldest: oldest ?? Number.NaN }
    this.before = now
    if (oldest !== undefined && isLeftOver(before, now))
      this.inbox.close(new CommandsLeftOver(`command ${oldest} stays in the stream`))
    return oldest !== undefined
  }
}

export interface WhichLeftovers {
  /** The place in the stream from which on they are looked for. */
  readonly from: number
  readonly most: number
  /** How long the stream may take to answer. */
  readonly answerMs?: number
  /** Asked before each round trip: whether those that were found have to do. */
  readonly isEnough?: () => boolean
}

/**
 * Takes up to `most` of the partition's commands out of the stream itself, without its consumer: `settle` is given them in the order
 * of the stream, and those that it gives back are removed, or found again where that fails. Gives their places in the stream. Throws where the
 * stream does not answer in time.
 */
export async function takeLeftovers(
  nats: NatsConnection,
  partition: number,
  { from, most, answerMs = LOOK_ANSWER_MS, isEnough = () => false }: WhichLeftovers,
  settle: (messages: readonly StoredMsg[]) => Promise<readonly StoredMsg[]>,
): Promise<number[]> {
  const manager = await managerOf(nats, answerMs)
  const ask = (place: number) => oldestCommand(manager, partition, place)
  const found = await commandsFrom(ask, from, most, isEnough)
  if (found.length === 0) return []
  const settled = await settle(found)
  // what is not sent now is sent later, when other commands may have these places
  if (!isConnected(nats)) return settled.map(({ seq }) => seq)
  await Promise.allSettled(
    settled.map(({ seq }) => manager.streams.deleteMessage(COMMANDS_STREAM, seq, false)),
  )
  return settled.map(({ seq }) => seq)
}

/**
 * The first `most` that `ask` finds, or fewer of them: it gives the first at a place or behind it. One round trip for each would take long on a busy
 * machine, so it is asked for several places in a row at once, as long as that finds something.
 */
export async function commandsFrom<Found extends { readonly seq: number }>(
  ask: (place: number) => Promise<Found | undefined>,
  from: number,
  most: number,
  isEnough: () => boolean = () => false,
): Promise<Found[]> {
  const found = new Map<number, Found>()
  for (let [place, width] = [from, 1]; found.size < most && !isEnough(); ) {
    const before = found.size
    const answers = await Promise.all(Array.from({ length: width }, (_, index) => ask(place + index)))
    // behind one that found nothing, others may have found what came meanwhile, and nobody looked at what came before that
    const end = answers.indexOf(undefined)
    const sure = (end < 0 ? answers : answers.slice(0, end)) as Found[]
    for (const one of sure) found.set(one.seq, one)
    if (end >= 0) break
    place = sure.at(-1)!.seq + 1
    const isDense = 8 * (found.size - before) >= width
    width = isDense ? Math.min(MOST_PLACES_AT_ONCE, 4 * width) : Math.max(1, width / 4)
  }
  return [...found.values()].sort((one, other) => one.seq - other.seq).slice(0, most)
}

async function managerOf(nats: NatsConnection, timeout = LOOK_ANSWER_MS): Promise<JetStreamManager> {
  return await nats.jetstreamManager({ checkAPI: false, timeout })
}

/** Asked of the stream's leader. Not the last of the subject: nats-server 2.9 does not find that once newer ones were removed. */
async function oldestCommand(
  manager: JetStreamManager,
  partition: number,
  from = 1,
): Promise<StoredMsg | undefined> {
  try {
    const query = { next_by_subj: commandSubject(partition), seq: from }
    return await manager.streams.getMessage(COMMANDS_STREAM, query)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
