import { randomUUID } from 'node:crypto'
import {
  encodeKeyUsageReport,
  type KeyUse,
  MANY_SOURCES,
  MAX_USAGE_ROWS,
} from '../../shared/key-usage-report.ts'

const PERIOD_MS = 5_000
/** Different addresses within a period; those beyond are summed up, for each secret. */
const MOST_SOURCES = 2_000

interface Use {
  firstAt: number
  lastAt: number
  count: number
}

/** Which secret signed for which address: counted in memory, and reported a few times a minute. */
export class KeyUsageLog {
  /** By id of the secret, then by address. */
  private uses = new Map<string, Map<string, Use>>()
  private sources = 0
  private readonly send: (report: Uint8Array) => Promise<void>
  private readonly timer: NodeJS.Timeout

  /** `send` hands a report to NATS; it rejects when it did not arrive. */
  constructor(send: (report: Uint8Array) => Promise<void>) {
    this.send = send
    this.timer = setInterval(() => void this.flush(), PERIOD_MS).unref()
  }

  /** A signature by this secret was right. For every signed message: no more than a look into two maps. */
  add(secretId: string, source: string, now: number): void {
    const use = this.uses.get(secretId)?.get(source)
    if (use === undefined) this.count(secretId, source, { firstAt: now, lastAt: now, count: 1 })
    else {
      use.lastAt = now
      use.count += 1
    }
  }

  /** Sends what has gathered. What cannot be sent now is kept for the next time. */
  async flush(): Promise<void> {
    const rows = this.takeRows()
    for (let start = 0; start < rows.length; start += MAX_USAGE_ROWS) {
      const some = rows.slice(start, start + MAX_USAGE_ROWS)
      try {
        await this.send(encodeKeyUsageReport({ reportId: randomUUID(), rows: some }))
      } catch {
        for (const { secret, source, ...use } of some) this.count(String(secret), source, use)
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.flush()
  }

  private takeRows(): KeyUse[] {
    const rows: KeyUse[] = []
    for (const [secretId, bySource] of this.uses)
      for (const [source, use] of bySource) rows.push({ secret: Number(secretId), source, ...use })
    this.uses = new Map()
    this.sources = 0
    return rows
  }

  private count(secretId: string, wanted: string, { firstAt, lastAt, count }: Use): void {
    const bySource = this.uses.get(secretId) ?? new Map<string, Use>()
    this.uses.set(secretId, bySource)
    const isNew = wanted !== MANY_SOURCES && !bySource.has(wanted)
    const source = isNew && this.sources >= MOST_SOURCES ? MANY_SOURCES : wanted
    if (isNew && source === wanted) this.sources += 1
    const use = bySource.get(source)
    if (use === undefined) bySource.set(source, { firstAt, lastAt, count })
    else {
      use.firstAt = Math.min(use.firstAt, firstAt)
      use.lastAt = Math.max(use.lastAt, lastAt)
      use.count += count
    }
  }
}
