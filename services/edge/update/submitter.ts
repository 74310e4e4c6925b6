import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection, Subscription } from 'nats'
import {
  type Breaker,
  type BreakerState,
  createBreaker,
  isRefusedByBreaker,
} from '../../../shared/breaker.ts'
import type { UpdateCommand } from '../../../shared/commands.ts'
import type { Logger } from '../../../shared/log.ts'
import { commandHeaders } from '../../../shared/messaging/command-codec.ts'
import { isConnected, isConnectedWithin, onReconnect } from '../../../shared/messaging/connect.ts'
import { decodeOutcomes, type Outcome } from '../../../shared/messaging/outcome-codec.ts'
import {
  NobodyTakesIt,
  NotConnected,
  StreamPublisher,
  StreamRefused,
} from '../../../shared/messaging/stream-publisher.ts'
import { commandSubject, outcomeSubject, partitionOf } from '../../../shared/messaging/subjects.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import {
  EDGE_BREAKER_RESET_MS,
  NATS_MOMENT_MS,
  OUTCOME_GRACE_MS,
  PUBLISH_TIMEOUT_MS,
  SLOW_UPDATE_MS,
} from '../../../shared/time-limits.ts'
import type { UpdateTrace } from '../../../shared/tracing/tracing.ts'
import type { EdgeStages } from '../metrics.ts'

/** Failures are no news from a service that is asked rarely, unless there are a few of them. */
const BREAKER_VOLUME = 3

/** A stream that is getting another leader takes nothing for a moment, and what was refused so was certainly not stored. */
const ATTEMPTS = 5

export interface SubmitterContext {
  readonly nats: NatsConnection
  readonly edgeId: string
  readonly partitions: number
  readonly log: Logger
  /** Makes sure that this edge serves the zone's event `seq` or a later state from now on (P4). */
  readonly reach: (zoneId: number, seq: number) => Promise<void>
  /** Commands in flight before new ones are turned away. */
  readonly mostInFlight: number
  readonly onBreaker?: (state: BreakerState) => void
  readonly stages: Pick<EdgeStages, 'publish' | 'visible'>
}

/** A SERVFAIL of this edge: the command certainly is not in the stream. */
export interface NotAccepted {
  readonly notAccepted: ReasonCode
  readonly detail: string
}

interface Submitted {
  readonly command: UpdateCommand
  readonly trace: UpdateTrace | undefined
}

/** Publishes commands and waits for what the writer decided. */
export class Submitter {
  private readonly context: SubmitterContext
  private readonly breaker: Breaker<[Submitted, Promise<Outcome | undefined>], Outcome>
  private readonly waiting = new Map<string, (outcome: Outcome | undefined) => void>()
  private readonly stream: StreamPublisher
  private readonly subscription: Subscription
  private readonly unlisten: () => void

  constructor(context: SubmitterContext) {
    this.context = context
    this.stream = new StreamPublisher(context.nats, { timeoutMs: PUBLISH_TIMEOUT_MS, nowOrNever: true })
    this.breaker = createBreaker((submitted, outcome) => this.publishAndWait(submitted, outcome), {
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
    this.unlisten = onReconnect(context.nats, () => this.breaker.reset())
  }

  get breakerState(): BreakerState {
    return this.breaker.state
  }

  get inFlight(): number {
    return this.waiting.size
  }

  /** What to answer, or undefined when the outcome stayed unknown and the edge has to be silent (P3). */
  async submit(command: UpdateCommand, trace?: UpdateTrace): Promise<Outcome | NotAccepted | undefined> {
    if (this.waiting.size >= this.context.mostInFlight)
      return notAccepted('overloaded', `${this.waiting.size} updates are in flight at this edge`)
    const { outcome, forget } = this.expect(command)
    try {
      return await this.settle(await this.breaker.fire({ command, trace }, outcome), trace)
    } catch (error) {
      const refusedAs = certainRefusal(error)
      if (refusedAs === undefined) return await this.settle(await outcome, trace)
      forget()
      this.context.log.debug({ error, command: command.id }, 'update not accepted')
      return refusedAs
    }
  }

  /** Stops taking commands; those in flight may still be settled within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const end = performance.now() + graceMs
    while (this.waiting.size > 0 && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20))
    this.subscription.unsubscribe()
    this.unlisten()
    this.breaker.close()
    this.stream.close()
    for (const resolve of this.waiting.values()) resolve(undefined)
  }

  private expect(command: UpdateCommand): { outcome: Promise<Outcome | undefined>; forget: () => void } {
    const { promise, resolve } = Promise.withResolvers<Outcome | undefined>()
    const done = (outcome: Outcome | undefined) => {
      clearTimeout(timer)
      this.waiting.delete(command.id)
      resolve(outcome)
    }
    const timer = setTimeout(done, command.deadline - command.receivedAt + OUTCOME_GRACE_MS, undefined)
    this.waiting.set(command.id, done)
    return { outcome: promise, forget: () => done(undefined) }
  }

  /** The breaker's action: an outcome within the time limit is health, anything else is not. */
  private async publishAndWait(
    submitted: Submitted,
    outcome: Promise<Outcome | undefined>,
  ): Promise<Outcome> {
    const stored = this.publish(submitted).then(() => outcome)
    const settled = await Promise.race([stored, outcome])
    if (settled === undefined) throw new OutcomeUnknown()
    return settled
  }

  private async publish({ command, trace }: Submitted): Promise<void> {
    const began = performance.now()
    const publishing = trace?.publishing()
    try {
      await this.store(command, publishing?.traceparent)
      this.context.stages.publish.observe(performance.now() - began)
    } finally {
      publishing?.end()
    }
  }

  private async store(command: UpdateCommand, traceparent: string | undefined): Promise<void> {
    const { nats, partitions } = this.context
    const subject = commandSubject(partitionOf(command.zoneId, partitions))
    for (let attempt = 1; ; attempt++) {
      if (!isConnected(nats) && !(await isConnectedWithin(nats, NATS_MOMENT_MS)))
        throw new NotConnected('no connection to NATS')
      try {
        return await this.stream.publish(subject, command.message, commandHeaders(command, traceparent))
      } catch (error) {
        if (!(error instanceof NobodyTakesIt) || attempt === ATTEMPTS) throw error
      }
      await delay(NATS_MOMENT_MS / (ATTEMPTS - 1))
    }
  }

  private async settle(
    outcome: Outcome | undefined,
    trace: UpdateTrace | undefined,
  ): Promise<Outcome | undefined> {
    if (outcome === undefined || outcome.reason === 'expired') return undefined
    const heard = performance.now()
    await this.context.reach(outcome.zoneId, outcome.seq)
    const visible = performance.now()
    this.context.stages.visible.observe(visible - heard)
    trace?.step('visible', { from: heard, to: visible })
    return outcome
  }

  private takeOutcomes(payload: Uint8Array): void {
    try {
      for (const outcome of decodeOutcomes(payload)) this.waiting.get(outcome.commandId)?.(outcome)
    } catch (error) {
      this.context.log.error({ error }, 'outcomes not readable; clients will send again')
    }
  }
}

class OutcomeUnknown extends Error {}

/** Why the answer is SERVFAIL, when the command certainly is not in the stream, so that an error is no false no (P3). */
function certainRefusal(error: unknown): NotAccepted | undefined {
  if (isRefusedByBreaker(error))
    return notAccepted('breaker-open', 'updates are not accepted while the circuit breaker is open')
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
