import { setTimeout as delay } from 'node:timers/promises'
import { AckPolicy, type ConsumerMessages, type JsMsg, type NatsConnection, nanos } from 'nats'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import type { Logger } from '../../../shared/log.ts'

const DURABLE = 'writers'
const RETRY_MS = 5_000
const CLOSE_LIMIT_MS = 1_000

export interface ReportsOptions {
  readonly nats: NatsConnection
  readonly log: Logger
  readonly stream: string
  readonly subjects: string
  /** What the reports are about, for the log. */
  readonly what: string
  /** Throws {@link UnreadablePayload} for what can never be stored. */
  readonly store: (payload: Uint8Array) => Promise<void>
}

/** Stores what edges report. All writers share one consumer, so each report is stored by one of them. */
export class ReportConsumer {
  private readonly options: ReportsOptions
  private messages: ConsumerMessages | undefined
  private loop: Promise<void> = Promise.resolve()
  private readonly closing = new AbortController()

  constructor(options: ReportsOptions) {
    this.options = options
  }

  start(): void {
    this.loop = this.run()
  }

  async close(): Promise<void> {
    this.closing.abort()
    const ended = Promise.all([this.messages?.close(), this.loop])
    // what is not acknowledged by then is delivered again
    await Promise.race([ended, delay(CLOSE_LIMIT_MS, undefined, { ref: false })])
  }

  private async run(): Promise<void> {
    const { log, what } = this.options
    while (!this.closing.signal.aborted) {
      try {
        this.messages = await this.subscribe()
        if (this.closing.signal.aborted) await this.messages.close()
        for await (const message of this.messages) await this.take(message)
      } catch (error) {
        log.warn({ error }, `reports of ${what} cannot be taken from NATS, next try later`)
      }
      // an abort ends the wait, and the loop with it
      await delay(RETRY_MS, undefined, { signal: this.closing.signal, ref: false }).catch(() => {})
    }
  }

  private async subscribe(): Promise<ConsumerMessages> {
    const { nats, stream, subjects } = this.options
    const manager = await nats.jetstreamManager()
    await manager.consumers.add(stream, {
      durable_name: DURABLE,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
      filter_subject: subjects,
    })
    const consumer = await nats.jetstream().consumers.get(stream, DURABLE)
    return await consumer.consume({ max_messages: 50 })
  }

  private async take(message: JsMsg): Promise<void> {
    const { log, what, store } = this.options
    try {
      await store(message.data)
      message.ack()
    } catch (error) {
      if (error instanceof UnreadablePayload) {
        log.warn({ problem: error.message, subject: message.subject }, `unreadable report of ${what} dropped`)
        message.term()
        return
      }
      log.warn({ error }, `report of ${what} could not be stored, next try later`)
      message.nak(RETRY_MS)
    }
  }
}
