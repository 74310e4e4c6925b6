import type { Peer } from '../../../shared/messaging/presence.ts'
import { type Access, seesAllZones } from '../admin/access.ts'
import type { PartitionState } from './all-writers.ts'
import type { WhatRuns } from './what-runs.ts'

/**
 * What a reader may be told of that. One whose token is for some zones learns who runs and where it listens, and whether a partition is held,
 * but no count of what all zones together have: no minutes, lag, progress of the verifier, nor what waits.
 */
export function forReader(access: Pick<Access, 'zones'>, running: WhatRuns): WhatRuns {
  if (seesAllZones(access)) return running
  const { writers, edges, missing, partitions } = running
  return {
    ...(writers && { writers: writers.map(withoutCounts) }),
    ...(edges && { edges: edges.map(withoutCounts) }),
    missing,
    partitions: partitions.map(({ partition, isHeld }): PartitionState => ({ partition, isHeld })),
  }
}

/** By name, so that what is told one day stays out until somebody lets it in. */
function withoutCounts({ role, id, listens, version }: Peer): Peer {
  return { role, id, listens, ...(version !== undefined && { version }) }
}
