import type { Name } from '../../../../shared/dns/name.ts'
import type { DifferingRRset } from '../../store/folded-rrsets.ts'
import type { Fault } from '../verify/fault.ts'

/** How far a rebuild is. */
export interface RebuildProgress {
  readonly seq: number
  readonly of: number
}

/** What rebuilding a zone from its events found, and did. */
export interface RebuildReport {
  readonly schema: 'zonelog.rebuild/1'
  readonly zone: Name
  /** Where the history ends. */
  readonly seq: number
  readonly serial: number
  /** What its events add up to. */
  readonly rrsets: number
  readonly records: number
  /** Whether what is stored, or was stored before it was put right, is that. */
  readonly same: boolean
  /** How many stored RRsets differ, and the first of them. */
  readonly differing: number
  readonly differences: readonly DifferingRRset[]
  /** What differs in the zone's row; or the one fault for which the events cannot be followed. */
  readonly faults: readonly Fault[]
  /** Whether the events could be followed to their end. */
  readonly isHistoryWhole: boolean
  /** The event that says that what is stored was put right; undefined when it was not. */
  readonly putRightBy: number | undefined
}
