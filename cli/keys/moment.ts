import { isCalendarDay } from '../../shared/calendar-day.ts'
import { CliError } from '../command.ts'

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const
const DURATION = /^(\d{1,9})([smhdw])$/
const DATE = /^\d{4}-\d\d-\d\d$/
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/i

/** Seconds of `90s`, `30m`, `12h`, `7d` or `2w`; `0` is allowed too. */
export function durationFrom(option: string, text: string): number {
  if (text === '0') return 0
  const seconds = secondsIn(text)
  if (seconds !== undefined) return seconds
  throw new CliError(`--${option} ${text}: a time such as 90s, 30m, 12h, 7d or 2w is expected`, 2)
}

/** The ISO 8601 form, in UTC, of a date, a time (UTC unless it says otherwise), or a time from now such as 90d. */
export function momentFrom(option: string, text: string, now: number = Date.now()): string {
  const seconds = secondsIn(text)
  if (seconds !== undefined) return iso(option, text, now + seconds * 1_000)
  if (!isCalendarDay(text)) throw notATime(option, text)
  if (DATE.test(text)) return iso(option, text, Date.parse(text))
  if (!TIME.test(text)) throw notATime(option, text)
  const hasZone = /(Z|[+-]\d\d:\d\d)$/i.test(text)
  return iso(option, text, Date.parse(text.replace(' ', 'T') + (hasZone ? '' : 'Z')))
}

function secondsIn(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS]
}

function iso(option: string, text: string, at: number): string {
  if (Number.isNaN(new Date(at).getTime())) throw notATime(option, text)
  return new Date(at).toISOString()
}

function notATime(option: string, text: string): CliError {
  const forms = '2027-01-31, 2027-01-31T12:00 (UTC) or 90d'
  return new CliError(`--${option} ${text}: a time such as ${forms} is expected`, 2)
}
