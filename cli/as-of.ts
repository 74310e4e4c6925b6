import type { CallOptions, Option } from './command.ts'
import { CliError } from './command.ts'

/** How a command names a moment of a zone's history. */
export const AS_OF_OPTIONS = {
  serial: { type: 'string', value: 'N', what: 'as it was with this serial' },
  time: {
    type: 'string',
    value: 'T',
    what: 'as it was at this time: 2026-11-24T18:00Z, or 2h for two hours ago',
  },
  event: { type: 'string', value: 'N', what: 'as it was after this event of its history' },
} as const satisfies Record<string, Option>

/** The query for the API, with its `?`; empty where no moment is named. */
export function asOfQuery(options: CallOptions): string {
  const moment = asOfMoment(options)
  return moment === undefined ? '' : `?${new URLSearchParams({ [moment.name]: moment.value })}`
}

/** The moment that is named, as its option and what was given for it; undefined where none is. */
export function asOfMoment(
  options: CallOptions,
): { name: 'serial' | 'time' | 'event'; value: string } | undefined {
  const names = Object.keys(AS_OF_OPTIONS) as (keyof typeof AS_OF_OPTIONS)[]
  const given = names.flatMap((name) => {
    const value = options.text(name)?.trim()
    return value === undefined ? [] : [{ name, value: name === 'event' ? value.replace(/^#/, '') : value }]
  })
  const [first, second] = given
  if (second !== undefined) throw new CliError(`--${first!.name} and --${second.name}: give one of them`, 2)
  if (first === undefined) return undefined
  if (first.name !== 'time' && !/^\d{1,15}$/.test(first.value))
    throw new CliError(`--${first.name} ${first.value}: a whole number is expected`, 2)
  return first
}
