import type { Peer } from '../../../shared/messaging/presence.ts'
import type { SeenWriter } from '../store/writers-seen.ts'
import { HELLO_MS } from './writer-presence.ts'

/** A writer that made itself known and does not answer now. */
export interface MissingWriter {
  readonly id: string
  readonly version: string
  readonly listens: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly seenAt: string
  /** `gone`: it ended without a word; `silent`: it has Postgres, and does not answer over NATS. */
  readonly state: 'gone' | 'silent'
}

/** A partition, who works for it, and what waits there. */
export interface PartitionState {
  readonly partition: number
  /** Whether somebody holds its lock in Postgres. */
  readonly isHeld: boolean
  /** Who does, and since when (ISO 8601), where that writer answers. */
  readonly writer?: string
  readonly since?: string
  /** Commands that are not settled; not there when NATS could not be asked. */
  readonly waiting?: number
}

/** A slow disk must not make a writer look dead. */
const GONE_SECONDS = (4 * HELLO_MS) / 1_000

/** Writers that were seen and did not answer. */
export function missingWriters(
  seen: readonly SeenWriter[],
  answered: readonly Peer[] | undefined,
): MissingWriter[] {
  const here = new Set(answered?.map(({ id }) => id))
  return seen
    .filter(({ id, silentSeconds }) => !here.has(id) && (answered !== undefined || isGone(silentSeconds)))
    .map(({ id, version, listens, startedAt, seenAt, silentSeconds }) => ({
      id,
      version,
      listens,
      startedAt: startedAt.toISOString(),
      seenAt: seenAt.toISOString(),
      state: isGone(silentSeconds) ? 'gone' : 'silent',
    }))
}

function isGone(silentSeconds: number): boolean {
  return silentSeconds >= GONE_SECONDS
}

/** All partitions, by number: `held` are those whose lock somebody has; `waiting` counts commands by partition. */
export function partitionStates(
  count: number,
  held: ReadonlySet<number>,
  writers: readonly Peer[],
  waiting: ReadonlyMap<number, number> | undefined,
): PartitionState[] {
  const told = writers.flatMap(({ id, writer }) => (writer?.partitions ?? []).map((one) => ({ id, ...one })))
  // while one is handed over, both may say that they have it
  const holders = new Map(
    told.toSorted((a, b) => a.since - b.since).map((one) => [one.partition, one] as const),
  )
  return Array.from({ length: count }, (_, partition) => {
    const holder = holders.get(partition)
    return {
      partition,
      isHeld: held.has(partition),
      ...(holder && { writer: holder.id, since: new Date(holder.since).toISOString() }),
      ...(waiting && { waiting: waiting.get(partition) ?? 0 }),
    }
  })
}
