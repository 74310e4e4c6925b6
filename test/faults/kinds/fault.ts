import type { Deployment } from '../deployment/deployment.ts'
import type { Random } from '../random.ts'

/** Something that goes wrong, and how it is put right. */
export interface FaultKind {
  readonly name: string
  /** How often it is drawn, beside the others. */
  readonly weight: number
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
  /** Resolves when what was lost is there again by itself, where others decide how long that takes. */
  readonly isBack?: () => Promise<void>
  /** Edges that cannot serve while it lasts. */
  readonly edgesHit: readonly number[]
}
