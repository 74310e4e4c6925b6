import type { Peer } from '../../../shared/messaging/presence.ts'
import type { ApiContext } from '../api/context.ts'
import { heldPartitions } from '../store/claims.ts'
import { writersSeen } from '../store/writers-seen.ts'
import { type MissingWriter, missingWriters, type PartitionState, partitionStates } from './all-writers.ts'

export interface WhatRuns {
  /** Those that answer now; not there when NATS could not be asked. */
  readonly writers?: readonly Peer[]
  readonly edges?: readonly Peer[]
  /** Writers that were here of late and do not answer. */
  readonly missing: readonly MissingWriter[]
  readonly partitions: readonly PartitionState[]
}

/** Every edge and writer is asked, so readers share what they said, for so long. */
export const RUNS_FRESH_MS = 1_000

/** Who runs, from what they answer over NATS and from what Postgres knows of those that do not. */
export async function whatRuns({
  admin: { db },
  peers,
  queue,
}: Pick<ApiContext, 'admin' | 'peers' | 'queue'>): Promise<WhatRuns> {
  const [known, waiting, seen, held] = await Promise.all([
    peers().catch(() => undefined),
    queue.waiting().catch(() => undefined),
    writersSeen(db),
    heldPartitions(db),
  ])
  const writers = known?.filter(({ role }) => role === 'writer')
  const edges = known?.filter(({ role }) => role === 'edge')
  return {
    ...(writers && { writers }),
    ...(edges && { edges }),
    missing: missingWriters(seen, writers),
    partitions: partitionStates(queue.partitions, held, writers ?? [], waiting),
  }
}
