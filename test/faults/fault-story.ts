import type { HitWords } from './hits.ts'
import type { MayLose } from './kinds/fault.ts'

/** A fault as it went, in ms since the run began. */
export interface FaultStory {
  readonly kind: string
  readonly what: string
  readonly at: number
  /** When all had recovered from it. */
  readonly until?: number
  /** From the moment that others could take over, or that it was put right; undefined: never. */
  readonly recoveredMs: number | undefined
  /** From then until what was lost was there again, where others decide how long that takes; and what that is. */
  readonly backMs?: number | undefined
  readonly back?: string | undefined
  readonly aimMs?: number | undefined
  /** The edge that was hit, where it was one. */
  readonly edge?: number | undefined
  readonly hits?: HitWords
  /** How many it hit, where the harness counted. */
  readonly counted?: number | undefined
  /** When what it took away was there again, too. */
  readonly over?: number
  /** How far the clock of what was hit was ahead, in ms. */
  readonly clockMs?: number | undefined
  /** Which commands that were stored it may lose. */
  readonly mayLose?: MayLose | undefined
}

/** What is ours of a recovery, in ms: all of it where nobody else has a part. */
export function ownMs({ recoveredMs, backMs }: FaultStory): number | undefined {
  return recoveredMs === undefined ? undefined : Math.max(0, recoveredMs - (backMs ?? 0))
}
