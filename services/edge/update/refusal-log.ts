import { randomBytes, randomUUID } from 'node:crypto'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { encodeRefusalReport, type RefusalRow } from '../../../shared/refusal-report.ts'

const PERIOD_MS = 5_000
/** Distinct rows a report; whatever more differs is summed up without its source. */
export const MOST_ROWS = 200
/** Rows a report whose detail may cost a search through keys or zones. */
const MOST_SEARCHES = 20
// of a name of 255 octets each is written as \DDD
const LONGEST_DETAIL = 1_000

export interface Refusal {
  readonly reason: ReasonCode
  /** What is answered; null for silence. */
  readonly rcode: number | null
  readonly source: string
  readonly claimedKey: string
  readonly zone: string
  /** The sentence for the operator; asked for once a row. `maySearch` is false in a flood, when a hint would cost too much. */
  readonly detail: (maySearch: boolean) => string
}

export interface RefusalLogContext {
  readonly edgeId: string
  readonly now: () => number
  /** Hands a report to NATS; rejects when it is not known to have arrived. */
  readonly send: (report: Uint8Array) => Promise<void>
  readonly onRefusal: (reason: ReasonCode) => void
  /** The first refusal of its row: as often as there are rows, whatever is sent. */
  readonly onRow?: (row: RefusalRow) => void
}

type Row = { -readonly [K in keyof RefusalRow]: RefusalRow[K] }

/** Messages refused before they became commands: summed up and reported a few times a minute, so that a flood costs little (P5). */
export class RefusalLog {
  private readonly context: RefusalLogContext
  private rows = new Map<string, Row>()
  private searches = 0
  /** A report that may not have arrived. It keeps its id, so that it counts once. */
  private unsent: Uint8Array | undefined
  private readonly timer: NodeJS.Timeout

  constructor(context: RefusalLogContext) {
    this.context = context
    this.timer = setInterval(() => void this.flush(), PERIOD_MS).unref()
  }

  /** Answers what the operator finds the refusal by in the audit. */
  add(refusal: Refusal): string {
    const { now, onRefusal, onRow } = this.context
    onRefusal(refusal.reason)
    const at = now()
    const key = this.keyOf(refusal)
    const known = this.rows.get(key)
    if (known !== undefined) {
      known.count += 1
      known.lastAt = at
      return known.auditId
    }
    const row = this.rowOf(refusal, key.endsWith(MANY), at)
    this.rows.set(key, row)
    onRow?.(row)
    return row.auditId
  }

  /** Sends what has gathered. What cannot be sent now is sent again with the next report, or before it. */
  async flush(): Promise<void> {
    if (this.unsent === undefined) {
      if (this.rows.size === 0) return
      const { edgeId } = this.context
      this.unsent = encodeRefusalReport({ reportId: randomUUID(), edgeId, rows: [...this.rows.values()] })
      this.rows = new Map()
      this.searches = 0
    }
    const report = this.unsent
    try {
      await this.context.send(report)
      if (this.unsent === report) this.unsent = undefined
    } catch {
      // rows gather in the meantime, as many as a report has
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.flush()
    // an earlier report may have stood before what gathered since
    if (this.unsent === undefined) await this.flush()
  }

  private keyOf({ reason, rcode, source, claimedKey, zone }: Refusal): string {
    const key = [reason, rcode, source, claimedKey, zone].join(' ')
    return this.rows.has(key) || this.rows.size < MOST_ROWS ? key : `${reason} ${rcode}${MANY}`
  }

  private rowOf(
    { reason, rcode, source, claimedKey, zone, detail }: Refusal,
    many: boolean,
    at: number,
  ): Row {
    const auditId = randomBytes(5).toString('hex')
    const shared = { reason, rcode, firstAt: at, lastAt: at, count: 1, auditId }
    if (many) return { ...shared, source: 'many', claimedKey: '', zone: '', detail: '' }
    const text = detail(++this.searches <= MOST_SEARCHES).replaceAll(/\p{Cc}/gu, ' ')
    return { ...shared, source, claimedKey, zone, detail: text.slice(0, LONGEST_DETAIL) }
  }
}

/** Ends the key of what is summed up; no zone's name ends so. */
const MANY = ' many'
