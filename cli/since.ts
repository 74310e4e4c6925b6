import { type CallOptions, CliError } from './command.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** The option `--since` as ISO 8601: a time (UTC where it names no zone), or an age such as `30d`, `12h`, `15m`. */
export function sinceOption(options: CallOptions, now: number = Date.now()): string | undefined {
  const text = options.text('since')
  if (text === undefined) return undefined
  const age = /^(\d{1,9})([smhdw])$/.exec(text)
  const ms = age === null ? timeOf(text) : now - Number(age[1]) * UNIT_MS[age[2]!]!
  if (Number.isNaN(ms) || ms < 0)
    throw new CliError(
      `--since ${text}: expected a time such as 2026-11-22T10:00Z, or an age such as 30d, 12h or 15m`,
      2,
    )
  return new Date(ms).toISOString()
}

function timeOf(text: string): number {
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$/.test(text)) return Number.NaN
  const inUtc = text.length > 10 && !/(Z|[+-]\d\d:?\d\d)$/i.test(text)
  return Date.parse(inUtc ? `${text}Z` : text)
}
