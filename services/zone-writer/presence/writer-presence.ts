import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../../shared/log.ts'
import { type Activity, countOf } from '../../../shared/messaging/activity.ts'
import type { Db } from '../store/admin-zones.ts'
import { forgetMinutes, saveMinutes } from '../store/writer-minutes.ts'
import { forgetWriters, type HelloOfWriter, sayGoodbye, sayHello, takePlace } from '../store/writers-seen.ts'

/** What was decided is told so often; a crash loses no more than that of the counts. */
const PERIOD_MS = 1_000
export const HELLO_MS = 3_000
const HOUR = 3_600_000
const LEAVE_MS = 1_000
const FORGET_MS = 60_000
const FORGET_WRITERS_S = 24 * 3_600

export interface PresenceContext {
  readonly db: Db
  readonly log: Logger
  readonly writer: HelloOfWriter
  readonly activity: Activity
}

/**
 * Makes a writer known in Postgres, where it is missed once it is gone, and keeps there what it decided of late, so that it can be counted
 * without it. No update waits for that.
 */
export class WriterPresence {
  private readonly context: PresenceContext
  /** How many updates of each minute are told of. */
  private readonly told = new Map<number, number>()
  private helloAt = Number.NEGATIVE_INFINITY
  private forgotAt = Number.NEGATIVE_INFINITY
  private readonly stopping = new AbortController()
  private readonly finished: Promise<void>

  constructor(context: PresenceContext) {
    this.context = context
    this.finished = this.run()
  }

  /** Tells the rest, and takes leave. */
  async stop(): Promise<void> {
    this.stopping.abort()
    const leave = async () => {
      await this.finished
      await this.tellMinutes()
      await sayGoodbye(this.context.db, this.context.writer.id)
    }
    // Postgres may not answer: whoever is missed then is gone in any case
    await Promise.race([leave().catch(() => {}), delay(LEAVE_MS, undefined, { ref: false })])
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.tell()
      } catch (error) {
        this.context.log.debug({ error }, 'this writer could not make itself known; trying again')
      }
      await delay(PERIOD_MS, undefined, { signal: this.stopping.signal }).catch(() => {})
    }
  }

  private async tell(): Promise<void> {
    const { db, writer } = this.context
    const now = performance.now()
    if (now - this.helloAt >= HELLO_MS) {
      await sayHello(db, writer)
      if (this.helloAt === Number.NEGATIVE_INFINITY) await takePlace(db, writer)
      this.helloAt = now
    }
    await this.tellMinutes()
    if (now - this.forgotAt < FORGET_MS) return
    await forgetMinutes(db, Date.now() - 2 * HOUR)
    await forgetWriters(db, FORGET_WRITERS_S)
    this.forgotAt = now
  }

  private async tellMinutes(): Promise<void> {
    const { db, writer, activity } = this.context
    const minutes = activity.last(Date.now()).map((minute) => ({ ...minute }))
    const fresh = minutes.filter((minute) => this.told.get(minute.at) !== countOf(minute))
    if (fresh.length === 0) return
    await saveMinutes(db, writer.id, fresh)
    this.told.clear()
    for (const minute of minutes) this.told.set(minute.at, countOf(minute))
  }
}
