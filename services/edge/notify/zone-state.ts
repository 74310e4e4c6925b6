import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneApex } from '../zones/zone-apex.ts'
import type { Secondary } from './secondary.ts'

/** What there is of one zone that is told of. */
export interface ZoneState {
  /** As it was last, while it is not held. */
  apex: ZoneApex | undefined
  /** Where the hosts of its NS records that have names in our zones were found last. */
  hosts: ReadonlyMap<Name, readonly string[]>
  readonly secondaries: Map<string, Secondary>
  /** When its last round began, by `performance.now()`. */
  lastRound: number
  scheduled: NodeJS.Timeout | undefined
  settings: string
  /** How many have begun, and the newest of them that knows where the zone stands. */
  rounds: number
  counting: number
  /** In a row. */
  failedRounds: number
  /** Rounds in a row that did not learn where all NS hosts are, and when the next is due for that. */
  unsureRounds: number
  lookingAgain: NodeJS.Timeout | undefined
  /** Something has changed since the last round; else it is told only to be sure. */
  isUrgent: boolean
}

export function newState(): ZoneState {
  return {
    apex: undefined,
    hosts: new Map(),
    secondaries: new Map(),
    lastRound: Number.NEGATIVE_INFINITY,
    scheduled: undefined,
    settings: '',
    rounds: 0,
    counting: 0,
    failedRounds: 0,
    unsureRounds: 0,
    lookingAgain: undefined,
    isUrgent: false,
  }
}
