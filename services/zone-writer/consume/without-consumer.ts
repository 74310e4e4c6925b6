import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection, StoredMsg } from 'nats'
import type { Logger } from '../../../shared/log.ts'
import { CONSUMER_PATIENCE_MS, LEFTOVERS_AGAIN_MS, WITHOUT_CONSUMER_MS } from '../../../shared/time-limits.ts'
import { takeLeftovers, type WhichLeftovers } from './leftovers.ts'

/** Each that is taken out of the stream costs two requests; the consumer, made anew, mostly gives the others. */
const AT_ONCE = 50
const AGAIN_MS = 100
/** So long the stream may take to answer each thing that is asked of it while a consumer is made, which then is not used any sooner. */
const MEANWHILE_ANSWER_MS = 300
const READ_MS = 2_000

export interface WithoutConsumerContext {
  readonly nats: NatsConnection
  readonly log: Logger
  readonly partition: number
  /** Whether a commit would be tried. */
  readonly mayWork: () => boolean
  readonly isStopped: () => boolean
  /** Throws when nothing holds the partition. */
  readonly confirmClaim: () => Promise<unknown>
  /** How long a consumer that is being made is waited for first, in ms. */
  readonly patienceMs?: number
  /**
   * Decides these, and gives back those that are settled. Others may have had them in hand, and some may be recorded or past their deadline:
   * deciding finds or records that (P2, P5).
   */
  readonly decide: (messages: readonly StoredMsg[]) => Promise<readonly StoredMsg[]>
}

/** Takes a partition's commands out of the stream itself, where its consumer does not give them or is still being made. */
export class WithoutConsumer {
  /** A consumer that knew of commands which then were not there is not believed again until one gives something. */
  believesCount = true
  private readonly context: WithoutConsumerContext
  /** Up to this place of the stream all commands are decided that were given, unless a consumer passed one by. */
  private decidedTo = 0
  private hadLeftoversAt = Number.NEGATIVE_INFINITY

  constructor(context: WithoutConsumerContext) {
    this.context = context
  }

  /** Of commands at these places, with none before them that waits: the last that were decided. */
  decided(places: readonly number[]): void {
    if (places.length > 0) this.decidedTo = Math.max(...places)
  }

  /** NATS was away: a stream that lost its end, or was made anew, gives the same places to other commands. */
  forgetPlaces(): void {
    this.decidedTo = 0
  }

  /**
   * Takes what comes until the consumer is made: a cluster that has just lost a server may need a second for that, which is longer than some
   * clients wait.
   */
  async meanwhile<T>(making: Promise<T>): Promise<T> {
    const places: number[] = []
    let isMade = false
    const made = making.finally(() => {
      isMade = true
    })
    try {
      for (let waitMs = this.context.patienceMs ?? CONSUMER_PATIENCE_MS; ; waitMs = AGAIN_MS) {
        const pause = new AbortController()
        const { signal } = pause
        await Promise.race([made, delay(waitMs, undefined, { signal }).catch(() => {})])
        pause.abort()
        if (isMade) return await made
        places.push(...(await this.takeNew(() => isMade)))
      }
    } finally {
      if (places.length > 0) {
        // it was made while they were there, and may never know that they are gone
        this.believesCount = false
        this.context.log.info(
          { commands: places.length, from: places[0], to: places.at(-1) },
          'NATS was slow to make the consumer of commands; they were taken without it meanwhile',
        )
      }
    }
  }

  /** All that have gathered; or again and again where that was done a moment ago: a cluster may go on making consumers that give nothing. */
  async takeAll(): Promise<void> {
    const began = performance.now()
    const isAgain = began - this.hadLeftoversAt < LEFTOVERS_AGAIN_MS
    this.hadLeftoversAt = began
    const places: number[] = []
    try {
      for (let isMore = true; isMore || isAgain; ) {
        if (performance.now() - began > WITHOUT_CONSUMER_MS || !(await this.goesOn())) return
        const taken = await this.takeNewAndOld()
        if (taken === undefined || taken.length === 0) return
        places.push(...taken)
        isMore = taken.length >= AT_ONCE
      }
    } finally {
      this.believesCount = places.length > 0
      if (places.length > 0)
        this.context.log.warn(
          { commands: places.length, from: places[0], to: places.at(-1) },
          'commands stayed in the stream though their consumer had nothing to give; they were taken without it',
        )
    }
  }

  /** None where nothing may be decided, or the stream says nothing either. */
  private async takeNew(isEnough: () => boolean): Promise<number[]> {
    const { mayWork, log } = this.context
    if (!mayWork()) return []
    try {
      if (!(await this.goesOn())) return []
      return await this.take({ from: this.decidedTo + 1, answerMs: MEANWHILE_ANSWER_MS, isEnough })
    } catch (error) {
      log.debug({ error }, 'no commands could be taken without their consumer')
      return []
    }
  }

  /** Undefined where it fails: what is left is found again. What was decided long ago, and is there again, keeps nobody waiting. */
  private async takeNewAndOld(): Promise<number[] | undefined> {
    const fresh = await this.tryToTake(this.decidedTo + 1)
    return fresh && [...fresh, ...((await this.tryToTake(1)) ?? [])]
  }

  private async tryToTake(from: number): Promise<number[] | undefined> {
    try {
      return await this.take({ from })
    } catch (error) {
      this.context.log.error({ error }, 'commands stay in the stream, and could not be taken out of it')
      return undefined
    }
  }

  private async goesOn(): Promise<boolean> {
    await this.context.confirmClaim()
    return !this.context.isStopped()
  }

  /** Gives their places. */
  private async take(which: Omit<WhichLeftovers, 'most'>): Promise<number[]> {
    const { nats, partition, decide, isStopped } = this.context
    const end = performance.now() + READ_MS
    const isEnough = () => which.isEnough?.() === true || isStopped() || performance.now() > end
    return await takeLeftovers(nats, partition, { ...which, most: AT_ONCE, isEnough }, async (messages) => {
      if (!(await this.goesOn())) return []
      const settled = await decide(messages)
      const last = messages.at(-1)!.seq
      if (settled.length === messages.length && last > this.decidedTo) this.decided([last])
      return settled
    })
  }
}
