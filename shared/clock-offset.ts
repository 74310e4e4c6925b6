/** How the clock of another machine stands to ours. */
export interface ClockOffset {
  /** How far it is ahead of ours, in ms. */
  readonly aheadMs: number
  /** By so much at most that may be wrong either way, in ms. */
  readonly uncertainMs: number
}

/** From a time that it told, in ms since the epoch: it was read at some moment between our question and its answer. */
export function clockOffset(toldMs: number, askedAt: number, heardAt = Date.now()): ClockOffset {
  return { aheadMs: toldMs - (askedAt + heardAt) / 2, uncertainMs: (heardAt - askedAt) / 2 }
}
