import { done, failure, type Outcome } from '../admin/failure.ts'
import { type PointSpec, parsePoint } from '../history/point.ts'

/** How a request names a moment of a zone's history; at most one of them. */
export interface PointQuery {
  serial?: number
  time?: string
  event?: number
}

export const pointProperties = {
  serial: { type: 'integer', minimum: 0, maximum: 0xffff_ffff, description: 'As it was with this serial.' },
  time: { type: 'string', maxLength: 64, description: 'As it was at this time: ISO 8601, or 2h.' },
  event: {
    type: 'integer',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'As it was after this event.',
  },
} as const

/** Undefined where none is named. */
export function pointOf({ serial, time, event }: PointQuery, now: number): Outcome<PointSpec | undefined> {
  const given = [serial, time, event].filter((value) => value !== undefined)
  if (given.length > 1)
    return failure(
      'bad-point',
      'Give one of serial, time and event: together they may contradict each other.',
    )
  if (serial !== undefined) return done({ kind: 'serial', serial })
  if (event !== undefined) return done({ kind: 'seq', seq: event })
  if (time === undefined) return done(undefined)
  const spec = pointFromText(time, now)
  if (!spec.ok || spec.value.kind === 'time' || spec.value.kind === 'now') return spec
  return failure('bad-point', `'${time}' is no time: expected one such as 2026-11-25T10:00Z, or 2h.`)
}

export function pointFromText(text: string, now: number): Outcome<PointSpec> {
  try {
    return done(parsePoint(text, now))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return failure('bad-point', `${error.message}.`)
  }
}

/** The end of its history, where a zone is named with its id (admin/names.ts): it may be deleted, and then there is nothing else. */
export function momentOfDeleted(name: string): PointSpec | undefined {
  return /@\d+$/.test(name) ? { kind: 'now' } : undefined
}
