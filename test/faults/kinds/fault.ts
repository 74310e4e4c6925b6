import type { Deployment } from '../deployment/deployment.ts'
import type { HitWords } from '../hits.ts'
import type { Random } from '../random.ts'

/** Something that goes wrong, and how it is put right. */
export interface FaultKind {
  readonly name: string
  /** How often it is drawn, beside the others: a whole number, at least 1. */
  readonly weight: number
  /** Within so many ms updates are to flow again; of our own part where others have one. */
  readonly aimMs?: number
  /** By what is told whether it hit anything; commands under way where nothing is said. */
  readonly hits?: HitWords
  readonly isPossible?: (deployment: Deployment) => boolean
  /** Does the damage. */
  readonly begin: (deployment: Deployment, random: Random) => Promise<Fault>
}

export interface Fault {
  /** What was hit, for the report. */
  readonly what: string
  /** How long it is left so, in ms. */
  readonly lastsMs: number
  /** Puts it right; the rest goes on meanwhile. */
  readonly heal: () => Promise<void>
  /** Whether updates are to flow again although it lasts, because others take over. */
  readonly othersTakeOver: boolean
  /** What has to be there again before the next fault of the kind, once all has recovered. */
  readonly afterwards?: () => Promise<void>
  /** What was lost and is there again by itself, where others decide how long that takes. */
  readonly back?: Back
  /** Edges that cannot serve while it lasts. */
  readonly edgesHit: readonly number[]
  /** How far the clock of what was hit is ahead while it lasts. */
  readonly clockMs?: number
  /** How many it has hit so far, where the harness counts that itself. */
  readonly counted?: () => number
  /** Of commands that the stream had stored, which it may lose; none where left out. */
  readonly mayLose?: MayLose
}

/** Commands that were stored while a fault is there, or so long before it or after it, in ms. */
export interface MayLose {
  readonly beforeMs: number
  readonly afterMs: number
}

export interface Back {
  /** A sentence that goes on with "after". */
  readonly what: string
  /** Resolves when it is there. */
  readonly isThere: () => Promise<unknown>
}
