import { UnreadablePayload } from './events/binary.ts'

/** What edges tell the writers of messages that they refused before these became commands (P5). */
export const REFUSAL_REPORT_VERSION = 1
/** An edge sums up what it refuses, so that a flood cannot grow a table: at most this many rows a report. */
export const MAX_REFUSAL_ROWS = 500

/** Refused messages that are alike: one reason, source, claimed key and zone. Times are ms since the epoch. */
export interface RefusalRow {
  readonly firstAt: number
  readonly lastAt: number
  /** A code of shared/reasons.ts, or one of another version of it. */
  readonly reason: string
  /** What was answered; null for silence. */
  readonly rcode: number | null
  /** Address without the port. */
  readonly source: string
  /** The key that the message named, whether or not it exists; empty for none. */
  readonly claimedKey: string
  /** The zone that the message named; empty where that could not be read. */
  readonly zone: string
  readonly count: number
  /** What the client was told to name to the operator; empty in reports of older edges. */
  readonly auditId: string
  /** The operator's sentence about the first message of the row. */
  readonly detail: string
}

export interface RefusalReport {
  /** UUID, made by the edge: a report that is delivered twice counts once. */
  readonly reportId: string
  readonly edgeId: string
  readonly rows: readonly RefusalRow[]
}

export function encodeRefusalReport(report: RefusalReport): Uint8Array {
  if (report.rows.length > MAX_REFUSAL_ROWS)
    throw new RangeError(`a report of refusals holds at most ${MAX_REFUSAL_ROWS} rows`)
  const { reportId, edgeId, rows } = report
  return Buffer.from(JSON.stringify({ version: REFUSAL_REPORT_VERSION, reportId, edgeId, rows }))
}

/** Throws {@link UnreadablePayload} for another version, or for anything that could not be stored. */
export function decodeRefusalReport(payload: Uint8Array): RefusalReport {
  const { version, reportId, edgeId, rows } = fieldsOf(parsed(payload))
  if (version !== REFUSAL_REPORT_VERSION)
    throw new UnreadablePayload(
      `report of refusals of version ${version}, this program reads ${REFUSAL_REPORT_VERSION}`,
    )
  if (typeof reportId !== 'string' || !UUID.test(reportId)) throw new UnreadablePayload('reportId is no UUID')
  if (!Array.isArray(rows) || rows.length > MAX_REFUSAL_ROWS)
    throw new UnreadablePayload(`rows must be a list of at most ${MAX_REFUSAL_ROWS}`)
  return { reportId, edgeId: text(edgeId, 'edgeId'), rows: rows.map(decodeRow) }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
// a name of 255 octets, each written as \DDD
const LONGEST_TEXT = 1_020
const LATEST = 8.64e15

function decodeRow(value: unknown): RefusalRow {
  const row = fieldsOf(value)
  return {
    firstAt: whole(row.firstAt, 'firstAt', LATEST),
    lastAt: whole(row.lastAt, 'lastAt', LATEST),
    reason: text(row.reason, 'reason'),
    rcode: row.rcode === null ? null : whole(row.rcode, 'rcode', 0xffff),
    source: text(row.source, 'source'),
    claimedKey: text(row.claimedKey, 'claimedKey'),
    zone: text(row.zone, 'zone'),
    count: whole(row.count, 'count', Number.MAX_SAFE_INTEGER),
    auditId: text(row.auditId ?? '', 'auditId'),
    detail: text(row.detail ?? '', 'detail'),
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    throw new UnreadablePayload('report of refusals is not JSON')
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new UnreadablePayload('report of refusals: an object was expected')
}

/** Postgres stores no NUL, and nobody wants control characters in a log. */
function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value.length <= LONGEST_TEXT && !/\p{Cc}/u.test(value)) return value
  throw new UnreadablePayload(`${field} must be a text without control characters`)
}

function whole(value: unknown, field: string, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new UnreadablePayload(`${field} must be a whole number from 0 to ${most}`)
}
