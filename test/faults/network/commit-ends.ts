import { COMMIT } from '../../../services/zone-writer/store/batch-transaction.ts'
import { onlyAsKnown } from '../../../services/zone-writer/store/statement.ts'
import { advancingZones, type ZoneMove } from '../../../services/zone-writer/store/zones.ts'

/** More zones than the store writes out in a statement of their own. */
const MOST_ZONES = 16

/**
 * By what a writer's commits are known in Postgres' protocol: the names of the statements that end them, as the store names them. That is
 * `commit`, also where it is a statement without a name, or the last of those that are sent as a transaction of their own.
 */
export const COMMIT_ENDS: readonly string[] = [
  ...new Set([
    COMMIT.name,
    ...upTo(MOST_ZONES).map((zones) => onlyAsKnown(advancingZones(moves(zones))).name),
  ]),
]

function upTo(most: number): number[] {
  return Array.from({ length: most }, (_, index) => index + 1)
}

/** Only their number matters. */
function moves(zones: number): ZoneMove[] {
  const last = { zoneId: 1, seq: 1, serialAfter: 1, hash: new Uint8Array() } as ZoneMove['last']
  return upTo(zones).map(() => ({ from: 0, last, recordCount: 0 }))
}
