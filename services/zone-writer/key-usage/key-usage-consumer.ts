import type { NatsConnection } from 'nats'
import { decodeKeyUsageReport } from '../../../shared/key-usage-report.ts'
import type { Logger } from '../../../shared/log.ts'
import { ALL_KEY_USAGE, KEY_USAGE_STREAM } from '../../../shared/messaging/subjects.ts'
import { ReportConsumer } from '../reports/report-consumer.ts'
import type { Db } from '../store/admin-zones.ts'
import { forgetUsageReports, storeKeyUsage } from '../store/key-usage.ts'

const FORGET_EVERY_MS = 60_000
/** A report is not delivered again after so long. */
const REMEMBERED_MS = 24 * 60 * 60_000

/** Stores who used which secret, as edges report it. */
export function keyUsageConsumer({
  db,
  nats,
  log,
}: {
  db: Db
  nats: NatsConnection
  log: Logger
}): ReportConsumer {
  let forgotAt = 0
  const store = async (payload: Uint8Array) => {
    await storeKeyUsage(db, decodeKeyUsageReport(payload))
    const now = Date.now()
    if (now - forgotAt < FORGET_EVERY_MS) return
    forgotAt = now
    await forgetUsageReports(db, new Date(now - REMEMBERED_MS))
  }
  return new ReportConsumer({
    nats,
    log,
    stream: KEY_USAGE_STREAM,
    subjects: ALL_KEY_USAGE,
    what: 'key usage',
    store,
  })
}
