import type { ZoneTooLarge } from './memory-budget.ts'

const LONGEST_PAUSE_MS = 3_600_000
/** Parts are not all of one length, and records do not all take memory alike. */
const SURELY_LESS = 0.95

/** What is remembered of a zone that did not fit into the memory budget, so that others do not make room for it in vain again and again. */
export class Oversize {
  private times = 0
  private refusal: { readonly error: ZoneTooLarge; readonly parts: number } | undefined

  /** So many parts of its snapshot were too many. */
  note(error: ZoneTooLarge, parts: number): void {
    this.refusal = { error, parts }
  }

  /** How long to leave it alone: twice as long each time, and an hour at most. */
  nextPauseMs(firstMs: number): number {
    return Math.min(firstMs * 2 ** this.times++, LONGEST_PAUSE_MS)
  }

  /**
   * Throws as it did before, while nothing has made room for the zone yet, unless it has become smaller. `weigh` counts the parts of
   * its snapshot up to the number given. Of a zone that grew by updates nothing is known until it has been fetched once.
   */
  async check(weigh: (most: number) => Promise<number>): Promise<void> {
    if (this.refusal === undefined) return
    const { error, parts } = this.refusal
    const most = Math.ceil(parts * SURELY_LESS)
    if ((await weigh(most)) >= most) throw error
  }

  /** The zone is held. */
  clear(): void {
    this.times = 0
    this.refusal = undefined
  }
}
