import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection, Subscription } from 'nats'
import { type Attempt, type Breaker, type BreakerState, createBreaker } from '../../../shared/breaker.ts'
import type { UpdateCommand } from '../../../shared/commands.ts'
import type { Logger } from '../../../shared/log.ts'
import { commandHeaders } from '../../../shared/messaging/command-codec.ts'
import { isConnected, isConnectedWithin, onReconnect } from '../../../shared/messaging/connect.ts'
import {
  decodeOutcomes,
  encodeOutcomesRequest,
  MOST_OUTCOMES,
  type Outcome,
} from '../../../shared/messaging/outcome-codec.ts'
import {
  NobodyTakesIt,
  NotConnected,
  StreamPublisher,
  StreamRefused,
} from '../../../shared/messaging/stream-publisher.ts'
import {
  commandSubject,
  OUTCOMES_SERVICE,
  outcomeSubject,
  partitionOf,
} from '../../../shared/messaging/subjects.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import {
  EDGE_BREAKER_RESET_MS,
  IN_FLIGHT_LOOK_MS as LOOK_MS,
  NATS_MOMENT_MS,
  OUTCOME_GRACE_MS,
  OUTCOMES_REPLY_MS,
  PUBLISH_TIMEOUT_MS,
  SLOW_UPDATE_MS,
  UNHEARD_MS,
} from '../../../shared/time-limits.ts'
import type { UpdateTrace } from '../../../shared/tracing/tracing.ts'
import type { EdgeStages } from '../metrics.ts'
import type { Turns } from '../turns.ts'
import { askWriters } from '../zones/zone-client.ts'

/** Failures are no news from a service that is asked rarely, unless there are a few of them. */
const BREAKER_VOLUME = 3

/** A stream that is getting another leader takes nothing for a moment, and what was refused so was certainly not stored. */
const ATTEMPTS = 5

/** Of the commands that may be in flight, what those without a signature may take: anybody can send them, from many addresses. */
const UNSIGNED_SHARE = 0.5

export interface SubmitterContext {
  readonly nats: NatsConnection
  readonly edgeId: string
  readonly partitions: number
  readonly log: Logger
  /** Makes sure that this edge serves the zone's event `seq` or a later state from now on (P4): at once, or when it resolves. */
  readonly reach: (zoneId: number, seq: number) => Promise<void> | undefined
  /** Commands in flight before new ones are turned away. */
  readonly mostInFlight: number
  readonly onBreaker?: (state: BreakerState) => void
  readonly stages: Pick<EdgeStages, 'publish' | 'visible'>
  /** Shared with the events that outcomes rest on. */
  readonly turns: Pick<Turns, 'add'>
}

/** A SERVFAIL of this edge: the command certainly is not in the stream. */
export interface NotAccepted {
  readonly notAccepted: ReasonCode
  readonly detail: string
}

/** A command whose outcome is awaited. */
interface Waiting {
  readonly command: UpdateCommand
  readonly trace: UpdateTrace | undefined
  /** By `performance.now()`. */
  readonly since: number
  /** Undefined once the breaker has been told. */
  attempt: Attempt | undefined
  /** Its outcome has come, and waits for its turn. */
  hasOutcome: boolean
  readonly answer: (settled: Outcome | NotAccepted | undefined) => void
}

/** Publishes commands and waits for what the writer decided. */
export class Submitter {
  private readonly context: SubmitterContext
  private readonly breaker: Breaker<[], void>
  /** By command id, the oldest first, as a Map keeps its order. */
  private readonly waiting = new Map<string, Waiting>()
  private readonly stream: StreamPublisher
  private readonly subscription: Subscription
  private readonly unlisten: () => void
  private timer: NodeJS.Timeout | undefined
  private isAsking = false
  private askedLast = ''

  constructor(context: SubmitterContext) {
    this.context = context
    this.stream = new StreamPublisher(context.nats, {
      timeoutMs: PUBLISH_TIMEOUT_MS,
      nowOrNever: true,
      gather: true,
      hasIds: true,
    })
    this.breaker = createBreaker(async () => {}, {
      name: 'edge-to-nats',
      log: context.log,
      timeoutMs: SLOW_UPDATE_MS,
      resetMs: EDGE_BREAKER_RESET_MS,
      volume: BREAKER_VOLUME,
      ...(context.onBreaker === undefined ? {} : { onState: context.onBreaker }),
    })
    this.subscription = context.nats.subscribe(outcomeSubject(context.edgeId), {
      callback: (error, message) => (error === null ? this.takeOutcomes(message.data) : undefined),
    })
    this.unlisten = onReconnect(context.nats, () => {
      this.breaker.reset()
      // what was told while this edge could not hear it is not told again by itself
      void this.askForOutcomes(0)
    })
  }

  get breakerState(): BreakerState {
    return this.breaker.state
  }

  get inFlight(): number {
    return this.waiting.size
  }

  /** What to answer, or undefined when the outcome stayed unknown and the edge has to be silent (P3). */
  submit(command: UpdateCommand, trace?: UpdateTrace): Promise<Outcome | NotAccepted | undefined> {
    const { mostInFlight } = this.context
    const most = command.identity === 'unsigned' ? mostInFlight * UNSIGNED_SHARE : mostInFlight
    if (this.waiting.size >= most)
      return Promise.resolve(
        notAccepted('overloaded', `${this.waiting.size} updates are in flight at this edge`),
      )
    const attempt = this.breaker.begin()
    if (attempt === undefined)
      return Promise.resolve(
        notAccepted('breaker-open', 'updates are not accepted while the circuit breaker is open'),
      )
    return new Promise((answer) => {
      const waiting = { command, trace, since: performance.now(), attempt, hasOutcome: false, answer }
      this.waiting.set(command.id, waiting)
      this.timer ??= setTimeout(() => this.look(), LOOK_MS)
      this.publish(waiting)
    })
  }

  /** Stops taking commands; those in flight may still be settled within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const end = performance.now() + graceMs
    while (this.waiting.size > 0 && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20))
    clearTimeout(this.timer)
    this.subscription.unsubscribe()
    this.unlisten()
    this.breaker.close()
    this.stream.close()
    for (const { answer } of this.waiting.values()) answer(undefined)
  }

  /** One timer for all, since one for each would be felt. */
  private look(): void {
    this.timer = undefined
    void this.askForOutcomes(UNHEARD_MS)
    const now = performance.now()
    for (const waiting of this.waiting.values()) {
      const age = now - waiting.since
      if (age < SLOW_UPDATE_MS) break
      if (waiting.hasOutcome) continue
      this.failed(waiting, new OutcomeUnknown())
      const { deadline, receivedAt } = waiting.command
      if (age >= deadline - receivedAt + OUTCOME_GRACE_MS) this.forget(waiting).answer(undefined)
    }
    if (this.waiting.size > 0) this.timer = setTimeout(() => this.look(), LOOK_MS)
  }

  /** Of the commands that have waited for so long: that they are decided may have been told, and not have come. */
  private async askForOutcomes(leastMs: number): Promise<void> {
    const { nats, log } = this.context
    if (this.isAsking) return
    this.isAsking = true
    try {
      for (let isNews = true; isNews && isConnected(nats); ) {
        const ids = this.unheard(leastMs)
        if (ids.length === 0) break
        const reply = await askWriters(nats, OUTCOMES_SERVICE, encodeOutcomesRequest(ids), OUTCOMES_REPLY_MS)
        const outcomes = decodeOutcomes(reply)
        for (const outcome of outcomes) this.arrived(outcome)
        isNews = outcomes.length > 0
      }
    } catch (error) {
      log.debug({ error }, 'no writer tells what became of updates; it is asked again')
    } finally {
      this.isAsking = false
    }
  }

  /** Half are those that have waited longest, half the next in their turn: ids are in order of time. */
  private unheard(leastMs: number): string[] {
    const latest = performance.now() - leastMs
    const all = [...this.waiting.values()]
      .filter(({ since, hasOutcome }) => since <= latest && !hasOutcome)
      .map(({ command }) => command.id)
    const next = all.filter((id) => id > this.askedLast).slice(0, MOST_OUTCOMES / 2)
    this.askedLast = next.at(-1) ?? ''
    return [...new Set([...all.slice(0, MOST_OUTCOMES - next.length), ...next])]
  }

  /** An outcome within the time limit is health, anything else is not. */
  private failed(waiting: Waiting, error: Error): void {
    waiting.attempt?.failed(error)
    waiting.attempt = undefined
  }

  private forget(waiting: Waiting): Waiting {
    this.waiting.delete(waiting.command.id)
    return waiting
  }

  private publish(waiting: Waiting): void {
    const { command, trace, since } = waiting
    const publishing = trace?.publishing()
    this.store(command, publishing?.traceparent).then(
      () => {
        publishing?.end()
        this.context.stages.publish.observe(performance.now() - since)
      },
      (error: Error) => {
        publishing?.end()
        this.notStored(waiting, error)
      },
    )
  }

  private notStored(waiting: Waiting, error: Error): void {
    if (waiting.hasOutcome) return
    this.failed(waiting, error)
    const refusedAs = certainRefusal(error)
    // else it may be stored all the same
    if (refusedAs === undefined) return
    this.context.log.debug({ error, command: waiting.command.id }, 'update not accepted')
    this.forget(waiting).answer(refusedAs)
  }

  private async store(command: UpdateCommand, traceparent: string | undefined, attempt = 1): Promise<void> {
    const { nats, partitions } = this.context
    const subject = commandSubject(partitionOf(command.zoneId, partitions))
    if (!isConnected(nats) && !(await isConnectedWithin(nats, NATS_MOMENT_MS)))
      throw new NotConnected('no connection to NATS')
    try {
      return await this.stream.publish(subject, command.message, commandHeaders(command, traceparent))
    } catch (error) {
      if (!isWorthAnother(error) || attempt === ATTEMPTS) throw error
      // a connection that broke before it was sent is waited for above
      if (error instanceof NobodyTakesIt) await delay(NATS_MOMENT_MS / (ATTEMPTS - 1))
    }
    return await this.store(command, traceparent, attempt + 1)
  }

  private takeOutcomes(payload: Uint8Array): void {
    try {
      for (const outcome of decodeOutcomes(payload)) this.arrived(outcome)
    } catch (error) {
      this.context.log.error({ error }, 'outcomes not readable; clients will send again')
    }
  }

  /** That it came is health, however long it then waits here. */
  private arrived(outcome: Outcome): void {
    const waiting = this.waiting.get(outcome.commandId)
    if (waiting === undefined || waiting.hasOutcome) return
    waiting.hasOutcome = true
    waiting.attempt?.succeeded()
    waiting.attempt = undefined
    this.context.turns.add(() => this.heard(waiting, outcome))
  }

  private heard(waiting: Waiting, outcome: Outcome): void {
    this.forget(waiting)
    if (outcome.reason === 'expired') {
      waiting.answer(undefined)
      return
    }
    const heard = performance.now()
    const reaching = this.context.reach(outcome.zoneId, outcome.seq)
    if (reaching === undefined) this.settle(waiting, outcome, heard)
    else void reaching.then(() => this.settle(waiting, outcome, heard))
  }

  private settle({ trace, answer }: Waiting, outcome: Outcome, heard: number): void {
    const visible = performance.now()
    this.context.stages.visible.observe(visible - heard)
    trace?.step('visible', { from: heard, to: visible })
    answer(outcome)
  }
}

class OutcomeUnknown extends Error {}

/** It certainly was not stored, and may be soon. */
function isWorthAnother(error: unknown): boolean {
  return error instanceof NobodyTakesIt || error instanceof NotConnected
}

/** Why the answer is SERVFAIL, when the command certainly is not in the stream, so that an error is no false no (P3). */
function certainRefusal(error: unknown): NotAccepted | undefined {
  if (error instanceof NotConnected)
    return notAccepted('nats-disconnected', 'this edge has no connection to NATS')
  // for instance because it is full
  if (error instanceof StreamRefused)
    return notAccepted('stream-refused', `the command stream refused the update: ${error.message}`)
  return undefined
}

function notAccepted(reason: ReasonCode, detail: string): NotAccepted {
  return { notAccepted: reason, detail }
}
