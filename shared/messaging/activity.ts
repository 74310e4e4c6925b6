import { Rcode } from '../dns/codes.ts'

/** Updates that were decided in one minute, by what came of them. */
export interface MinuteActivity {
  /** When the minute began, in ms since the epoch. */
  readonly at: number
  readonly applied: number
  /** Accepted, and the zone was so already. */
  readonly unchanged: number
  readonly refused: number
}

const MINUTE = 60_000
const KEPT_MINUTES = 60

export const HOUR_MS = KEPT_MINUTES * MINUTE

type Counts = { -readonly [P in keyof MinuteActivity]: MinuteActivity[P] }

/** What a writer has decided in the last hour, minute by minute. */
export class Activity {
  private readonly minutes: Counts[] = []

  /** Goes on with what this writer had decided before it was started anew; oldest first. */
  constructor(before: readonly MinuteActivity[] = []) {
    this.minutes.push(...before.map((minute) => ({ ...minute })))
  }

  record(decided: Iterable<{ readonly rcode: number; readonly reason: string }>, now: number): void {
    const minute = this.minuteAt(now - (now % MINUTE))
    for (const { rcode, reason } of decided)
      if (rcode !== Rcode.NOERROR) minute.refused++
      else if (reason === 'unchanged') minute.unchanged++
      else minute.applied++
  }

  /** Minutes in which there was something, oldest first. */
  last(now: number): readonly MinuteActivity[] {
    return this.minutes.filter(({ at }) => at > now - KEPT_MINUTES * MINUTE)
  }

  private minuteAt(at: number): Counts {
    const newest = this.minutes.at(-1)
    if (newest?.at === at) return newest
    // where the clock was set back
    const known = this.minutes.find((minute) => minute.at === at)
    if (known !== undefined) return known
    const fresh = { at, applied: 0, unchanged: 0, refused: 0 }
    this.minutes.push(fresh)
    if (this.minutes.length > KEPT_MINUTES) this.minutes.shift()
    return fresh
  }
}

/** Two counts of what one writer decided, of which each may lack something at its end: of each minute the one that has more. */
export function fullerActivity(
  told: readonly MinuteActivity[],
  stored: readonly MinuteActivity[],
): readonly MinuteActivity[] {
  const fullest = new Map(told.map((minute) => [minute.at, minute]))
  for (const minute of stored) {
    const known = fullest.get(minute.at)
    if (known === undefined || countOf(minute) > countOf(known)) fullest.set(minute.at, minute)
  }
  return [...fullest.values()]
}

export function countOf({ applied, unchanged, refused }: MinuteActivity): number {
  return applied + unchanged + refused
}

/** The last hour of all writers together, every minute of it, oldest first. */
export function wholeHour(
  writers: Iterable<readonly MinuteActivity[]>,
  now: number,
): readonly MinuteActivity[] {
  const newest = now - (now % MINUTE)
  const hour = Array.from({ length: KEPT_MINUTES }, (_, index): Counts => {
    return { at: newest - (KEPT_MINUTES - 1 - index) * MINUTE, applied: 0, unchanged: 0, refused: 0 }
  })
  for (const minutes of writers)
    for (const { at, applied, unchanged, refused } of minutes) {
      // a writer's clock may be ahead by some seconds
      const minute = hour[Math.min(KEPT_MINUTES - 1, KEPT_MINUTES - 1 - (newest - at) / MINUTE)]
      if (minute === undefined) continue
      minute.applied += applied
      minute.unchanged += unchanged
      minute.refused += refused
    }
  return hour
}
