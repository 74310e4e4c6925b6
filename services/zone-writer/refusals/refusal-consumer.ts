import { setTimeout as delay } from 'node:timers/promises'
import { AckPolicy, type ConsumerMessages, type JsMsg, type NatsConnection, nanos } from 'nats'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import type { Logger } from '../../../shared/log.ts'
import { ALL_REFUSALS, REFUSALS_STREAM } from '../../../shared/messaging/subjects.ts'
import { decodeRefusalReport } from '../../../shared/refusal-report.ts'
import type { Db } from '../store/admin-zones.ts'
import { insertRefusals, pruneRefusals } from '../store/refusals.ts'

const DURABLE = 'writers'
const MOST_ROWS = 100_000
const DAY_MS = 24 * 60 * 60_000
const KEPT_DAYS = 90
const PRUNE_EVERY_MS = 60_000
const RETRY_MS = 5_000
const CLOSE_LIMIT_MS = 1_000

/** Stores what edges refused (P5). All writers share one consumer, so each report is stored by one of them. */
export class RefusalConsumer {
  private readonly db: Db
  private readonly nats: NatsConnection
  private readonly log: Logger
  private messages: ConsumerMessages | undefined
  private loop: Promise<void> = Promise.resolve()
  private readonly closing = new AbortController()
  private prunedAt = 0

  constructor({ db, nats, log }: { db: Db; nats: NatsConnection; log: Logger }) {
    this.db = db
    this.nats = nats
    this.log = log
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
    while (!this.closing.signal.aborted) {
      try {
        this.messages = await this.subscribe()
        if (this.closing.signal.aborted) await this.messages.close()
        for await (const message of this.messages) await this.take(message)
      } catch (error) {
        this.log.warn({ error }, 'reports of refusals cannot be taken from NATS, next try later')
      }
      // an abort ends the wait, and the loop with it
      await delay(RETRY_MS, undefined, { signal: this.closing.signal, ref: false }).catch(() => {})
    }
  }

  private async subscribe(): Promise<ConsumerMessages> {
    const manager = await this.nats.jetstreamManager()
    await manager.consumers.add(REFUSALS_STREAM, {
      durable_name: DURABLE,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
      filter_subject: ALL_REFUSALS,
    })
    const consumer = await this.nats.jetstream().consumers.get(REFUSALS_STREAM, DURABLE)
    return await consumer.consume({ max_messages: 50 })
  }

  private async take(message: JsMsg): Promise<void> {
    try {
      await insertRefusals(this.db, [decodeRefusalReport(message.data)])
      message.ack()
      await this.prune()
    } catch (error) {
      if (error instanceof UnreadablePayload) {
        this.log.warn(
          { problem: error.message, subject: message.subject },
          'unreadable report of refusals dropped',
        )
        message.term()
        return
      }
      this.log.warn({ error }, 'report of refusals could not be stored, next try later')
      message.nak(RETRY_MS)
    }
  }

  private async prune(): Promise<void> {
    const now = Date.now()
    if (now - this.prunedAt < PRUNE_EVERY_MS) return
    this.prunedAt = now
    const deleted = await pruneRefusals(this.db, MOST_ROWS, new Date(now - KEPT_DAYS * DAY_MS))
    if (deleted > 0) this.log.info({ deleted }, 'oldest refusals deleted')
  }
}
