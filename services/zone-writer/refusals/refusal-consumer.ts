import type { NatsConnection } from 'nats'
import type { Logger } from '../../../shared/log.ts'
import { ALL_REFUSALS, REFUSALS_STREAM } from '../../../shared/messaging/subjects.ts'
import { decodeRefusalReport } from '../../../shared/refusal-report.ts'
import { ReportConsumer } from '../reports/report-consumer.ts'
import type { Db } from '../store/admin-zones.ts'
import { insertRefusals, pruneRefusals } from '../store/refusals.ts'

const MOST_ROWS = 100_000
const DAY_MS = 24 * 60 * 60_000
const KEPT_DAYS = 90
const PRUNE_EVERY_MS = 60_000

/** Stores what edges refused (P5). */
export function refusalConsumer({
  db,
  nats,
  log,
}: {
  db: Db
  nats: NatsConnection
  log: Logger
}): ReportConsumer {
  let prunedAt = 0
  const prune = async () => {
    const now = Date.now()
    if (now - prunedAt < PRUNE_EVERY_MS) return
    prunedAt = now
    const deleted = await pruneRefusals(db, MOST_ROWS, new Date(now - KEPT_DAYS * DAY_MS))
    if (deleted > 0) log.info({ deleted }, 'oldest refusals deleted')
  }
  const store = async (payload: Uint8Array) => {
    await insertRefusals(db, [decodeRefusalReport(payload)])
    await prune()
  }
  return new ReportConsumer({
    nats,
    log,
    stream: REFUSALS_STREAM,
    subjects: ALL_REFUSALS,
    what: 'refusals',
    store,
  })
}
