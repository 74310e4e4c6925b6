/** A moment by the clock on the wall, which is set and steps, and by one that only goes on; both in ms. */
export interface Moment {
  readonly wall: number
  readonly steady: number
}

/** What was found so long ago is looked up again: a machine may have stood still meanwhile, and clients with it. */
const MOST_MS = 15_000
/** Clocks that are slewed differ by less. */
const APART_MS = 1_000

/**
 * Whether nothing happened between two moments but that a little time went by: no clock was set, and no machine was suspended or
 * kept from working. (Of a suspended machine the steady clock stands still or goes on, as the system has it.)
 */
export function isContinuous(from: Moment, to: Moment): boolean {
  const [wall, steady] = [to.wall - from.wall, to.steady - from.steady]
  return steady < MOST_MS && Math.abs(wall - steady) < APART_MS
}
