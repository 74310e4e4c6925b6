import { randomUUID } from 'node:crypto'
import { encodeRefusalReport, type RefusalRow } from '../../../shared/refusal-report.ts'

const PERIOD_MS = 5_000
/** Distinct rows a report; whatever more differs is summed up without its source. */
const MOST_ROWS = 200

export interface Refusal {
  readonly reason: string
  /** What is answered; null for silence. */
  readonly rcode: number | null
  readonly source: string
  readonly claimedKey: string
  readonly zone: string
}

export interface RefusalLogContext {
  readonly edgeId: string
  readonly now: () => number
  /** Hands a report to NATS; rejects when it did not arrive. */
  readonly send: (report: Uint8Array) => Promise<void>
  readonly onRefusal: (reason: string) => void
}

/** Messages refused before they became commands: summed up and reported a few times a minute, so that a flood costs little (P5). */
export class RefusalLog {
  private readonly context: RefusalLogContext
  private rows = new Map<string, { -readonly [K in keyof RefusalRow]: RefusalRow[K] }>()
  private readonly timer: NodeJS.Timeout

  constructor(context: RefusalLogContext) {
    this.context = context
    this.timer = setInterval(() => void this.flush(), PERIOD_MS).unref()
  }

  add(refusal: Refusal): void {
    this.context.onRefusal(refusal.reason)
    this.count(refusal, 1, this.context.now())
  }

  /** Sends what has gathered. What cannot be sent now is kept for the next report. */
  async flush(): Promise<void> {
    if (this.rows.size === 0) return
    const rows = [...this.rows.values()]
    this.rows = new Map()
    try {
      await this.context.send(
        encodeRefusalReport({ reportId: randomUUID(), edgeId: this.context.edgeId, rows }),
      )
    } catch {
      for (const row of rows) this.count(row, row.count, row.firstAt)
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.flush()
  }

  private count({ reason, rcode, source, claimedKey, zone }: Refusal, count: number, at: number): void {
    const full = this.rows.size >= MOST_ROWS
    const wanted = [reason, rcode, source, claimedKey, zone].join(' ')
    const key = full && !this.rows.has(wanted) ? `${reason} ${rcode} many` : wanted
    const row = this.rows.get(key)
    if (row !== undefined) {
      row.count += count
      row.lastAt = Math.max(row.lastAt, this.context.now())
      return
    }
    const shown = key === wanted ? { source, claimedKey, zone } : { source: 'many', claimedKey: '', zone: '' }
    this.rows.set(key, { reason, rcode, ...shown, firstAt: at, lastAt: at, count })
  }
}
