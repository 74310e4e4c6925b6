import type { Name } from '../../../../shared/dns/name.ts'

/** A zone that was made anew from its events. */
export interface RestoredZone {
  readonly id: number
  readonly zone: Name
  readonly events: number
  readonly serial: number
  readonly hash: string
  readonly deleted: boolean
}

/** A zone whose events are not all there, or do not add up. */
export interface LackingZone {
  readonly id: number
  readonly zone: string
  readonly why: string
}

export interface StreamRebuild {
  readonly schema: 'zonelog.restore/1'
  /** Whether the database was filled; else it is as it was. */
  readonly done: boolean
  readonly zones: readonly RestoredZone[]
  readonly lacking: readonly LackingZone[]
  readonly keys: number
  readonly checkpoints: number
  /** What people should know. */
  readonly notes: readonly string[]
}

export interface StreamProgress {
  readonly what: 'events' | 'zones'
  readonly done: number
  readonly of: number
}
