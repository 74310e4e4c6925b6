import { isCalendarDay } from '../../../../shared/calendar-day.ts'
import { done, failure, type Outcome } from '../failure.ts'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/
/** Postgres and people both know what it means. */
const LATEST = Date.UTC(9999, 11, 31)

/** When a key is to end: an ISO 8601 time with its zone that is yet to come, null for never. */
export function readExpiry(text: string | null, now: number): Outcome<Date | undefined> {
  if (text === null) return done(undefined)
  const at = ISO.test(text) && isCalendarDay(text) ? Date.parse(text) : Number.NaN
  if (!(at <= LATEST))
    return failure(
      'bad-key',
      `'${text}' is not a time such as 2027-01-31T12:00:00Z; that is when the key expires.`,
    )
  if (at > now) return done(new Date(at))
  return failure(
    'bad-key',
    `The key would have expired already: ${new Date(at).toISOString()} is past. \`zonelog key expire NAME\` ends a key now.`,
  )
}
