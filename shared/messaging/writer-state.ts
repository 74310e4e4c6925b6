import type { Problem } from '../health.ts'

/** What a writer tells of itself to whoever asks. Times are ms since the epoch. */
export interface WriterState {
  readonly startedAt: number
  /** Of its circuit breaker towards Postgres. */
  readonly breaker: string
  readonly problems: readonly Problem[]
  readonly partitions: readonly HeldPartition[]
  readonly verifier: VerifierProgress
}

export interface HeldPartition {
  readonly partition: number
  readonly since: number
}

/** How a writer gets on with looking at its zones in turn. */
export interface VerifierProgress {
  /** Percent of its time that this may take; 0 is never. */
  readonly share: number
  /** Zones of the round that is under way, and how many of them were looked at. */
  readonly zones: number
  readonly looked: number
  /** The last round that was ended. */
  readonly last?: VerifierRound
}

export interface VerifierRound {
  readonly endedAt: number
  /** How long it took, rests included. */
  readonly ms: number
  readonly zones: number
  /** Events whose hashes were looked at. */
  readonly events: number
  /** Stored RRsets that were compared with what history adds up to. */
  readonly rrsets: number
}
