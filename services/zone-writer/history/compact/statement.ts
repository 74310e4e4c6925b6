import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { hex } from '../verify/chain.ts'

/** What a `compact` event says in its detail, so that the chain covers it: which snapshot stands for which events. */
export interface CompactionStatement {
  /** The last event that was replaced, and its hash, which the snapshot carries over. */
  readonly upTo: number
  readonly hash: string
  /** The hash of the snapshot itself, contents included. */
  readonly snapshot: string
}

export function compactionText({ upTo, hash, snapshot }: CompactionStatement): string {
  return `the events up to ${upTo} with the hash ${hash} are replaced by the snapshot with the hash ${snapshot}`
}

/** Undefined for an event that is not one of {@link compactionText}. */
export function readCompaction({ kind, detail }: ZoneEvent): CompactionStatement | undefined {
  const found =
    kind === 'compact' &&
    /^the events up to (\d+) with the hash ([0-9a-f]{64}) are replaced by the snapshot with the hash ([0-9a-f]{64})$/.exec(
      detail,
    )
  if (!found) return undefined
  return { upTo: Number(found[1]), hash: found[2]!, snapshot: found[3]! }
}

/** Where a history begins that was compacted. */
export interface SnapshotBeginning {
  readonly seq: number
  readonly serial: number
  /** When the last event that it stands for was decided; ISO 8601. */
  readonly time: string
  /** The hash of the last event that it stands for, and its own. */
  readonly hash: string
  readonly snapshot: string
}

/** Undefined for an event that stands for nothing but itself. */
export function snapshotBeginning(event: ZoneEvent): SnapshotBeginning | undefined {
  if (event.kind !== 'snapshot') return undefined
  return {
    seq: event.seq,
    serial: event.serialAfter,
    time: new Date(event.decidedAt).toISOString(),
    hash: hex(event.previousHash),
    snapshot: hex(event.hash),
  }
}

/** Whether a later event of the chain testifies to the snapshot that a history begins with. */
export class SnapshotWitness {
  private begins: SnapshotBeginning | undefined
  private witness: number | undefined

  get beginning(): SnapshotBeginning | undefined {
    return this.begins
  }

  /** The event that testifies; undefined while none was met. */
  get vouchedBy(): number | undefined {
    return this.witness
  }

  /** Each event in order; a sentence when it contradicts the snapshot. */
  take(event: ZoneEvent): string | undefined {
    if (event.kind === 'snapshot') {
      this.begins = snapshotBeginning(event)
      this.witness = undefined
    }
    const said = this.begins === undefined ? undefined : readCompaction(event)
    if (said === undefined || said.upTo !== this.begins!.seq) return undefined
    if (said.hash !== this.begins!.hash || said.snapshot !== this.begins!.snapshot)
      return `event ${event.seq} says that the history begins with another snapshot`
    this.witness = event.seq
    return undefined
  }

  /** At the end of the history: a sentence when nothing testifies to the snapshot it begins with. */
  atEnd(): string | undefined {
    if (this.begins === undefined || this.witness !== undefined) return undefined
    return 'no later event of the chain testifies to the snapshot that the history begins with'
  }
}
