import { UnreadablePayload } from './events/binary.ts'

/** What edges tell the writers of who signs with which secret. */
export const KEY_USAGE_REPORT_VERSION = 1
export const MAX_USAGE_ROWS = 500

/** Messages from one address that a secret had signed rightly. Times are ms since the epoch. */
export interface KeyUse {
  /** Id of the secret. */
  readonly secret: number
  /** Address without the port, or {@link MANY_SOURCES}. */
  readonly source: string
  readonly firstAt: number
  readonly lastAt: number
  readonly count: number
}

/** In place of an address, for those that are summed up. */
export const MANY_SOURCES = 'others'

export interface KeyUsageReport {
  /** UUID, made by the edge: a report that is delivered twice counts once. */
  readonly reportId: string
  readonly rows: readonly KeyUse[]
}

export function encodeKeyUsageReport({ reportId, rows }: KeyUsageReport): Uint8Array {
  if (rows.length > MAX_USAGE_ROWS)
    throw new RangeError(`a report of key usage holds at most ${MAX_USAGE_ROWS} rows`)
  return Buffer.from(JSON.stringify({ version: KEY_USAGE_REPORT_VERSION, reportId, rows }))
}

/** Throws {@link UnreadablePayload} for another version, or for anything that could not be stored. */
export function decodeKeyUsageReport(payload: Uint8Array): KeyUsageReport {
  const { version, reportId, rows } = fieldsOf(parsed(payload))
  if (version !== KEY_USAGE_REPORT_VERSION)
    throw new UnreadablePayload(
      `report of key usage of version ${version}, this program reads ${KEY_USAGE_REPORT_VERSION}`,
    )
  if (typeof reportId !== 'string' || !UUID.test(reportId)) throw new UnreadablePayload('reportId is no UUID')
  if (!Array.isArray(rows) || rows.length > MAX_USAGE_ROWS)
    throw new UnreadablePayload(`rows must be a list of at most ${MAX_USAGE_ROWS}`)
  const decoded = rows.map(decodeRow)
  if (new Set(decoded.map(({ secret, source }) => `${secret} ${source}`)).size < decoded.length)
    throw new UnreadablePayload('two rows have the same secret and source')
  return { reportId, rows: decoded }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
// an IPv6 address with a zone
const SOURCE = /^[\w.:%-]{1,100}$/
const LATEST = 8.64e15

function decodeRow(value: unknown): KeyUse {
  const { source, ...row } = fieldsOf(value)
  if (typeof source !== 'string' || !SOURCE.test(source))
    throw new UnreadablePayload('source must be an address')
  return {
    secret: whole(row.secret, 'secret', Number.MAX_SAFE_INTEGER),
    source,
    firstAt: whole(row.firstAt, 'firstAt', LATEST),
    lastAt: whole(row.lastAt, 'lastAt', LATEST),
    count: whole(row.count, 'count', Number.MAX_SAFE_INTEGER),
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    throw new UnreadablePayload('report of key usage is not JSON')
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new UnreadablePayload('report of key usage: an object was expected')
}

function whole(value: unknown, field: string, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value
  throw new UnreadablePayload(`${field} must be a whole number from 0 to ${most}`)
}
