import type { Name } from '../../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { DiffMismatch } from '../../../../shared/zone-contents.ts'
import { encodeDiff } from '../../../../shared/zone-diff.ts'
import { type SnapshotBeginning, SnapshotWitness } from '../compact/statement.ts'
import { beginning, diffOf, type Folded, foldEvent } from '../fold.ts'
import { CHAIN_START, type ChainEnd, endOf, linkFaults } from './chain.ts'
import { type Fault, fault } from './fault.ts'
import { redecide } from './redecide.ts'
import { contradiction, type TestifiedEvents } from './testimony.ts'

/** Where a history begins when older events were replaced by a snapshot, and the event of the chain that testifies to it. */
export interface HistoryBeginning {
  readonly begins?: SnapshotBeginning & { readonly vouchedBy: number | undefined }
}

/** What was looked at so far. */
export interface HistoryCounts extends HistoryBeginning {
  readonly events: number
  /** Updates that came out the same when they were decided again. */
  readonly redecided: number
  /** Updates whose refusal rests on rules, limits or clocks of that time. */
  readonly takenAsRecorded: number
}

/**
 * Follows one zone's history from its first event: the chain, the fold of the diffs, each decision, and the hashes that checkpoints
 * testify to. After a fault nothing that follows would mean anything.
 */
export class HistoryCheck {
  private readonly zoneId: number
  private readonly testified: TestifiedEvents
  private chain: ChainEnd = CHAIN_START
  private folded: Folded
  /** For a history that was compacted. */
  private readonly snapshot: SnapshotWitness
  private tally = { events: 0, redecided: 0, takenAsRecorded: 0 }

  /** `testified` is what must be found; `publicKeys` those that are believed of a history that was compacted. */
  constructor(
    zoneId: number,
    apex: Name,
    publicKeys: string | undefined,
    testified: TestifiedEvents = new Map(),
  ) {
    this.zoneId = zoneId
    this.snapshot = new SnapshotWitness({ zoneId, zone: apex }, publicKeys)
    this.folded = beginning(apex)
    this.testified = testified
  }

  get end(): ChainEnd {
    return this.chain
  }

  get contents() {
    return this.folded.contents
  }

  get counts(): HistoryCounts {
    const { beginning, vouchedBy } = this.snapshot
    return { ...this.tally, ...(beginning === undefined ? {} : { begins: { ...beginning, vouchedBy } }) }
  }

  /** All that is wrong with the next event. */
  take(event: ZoneEvent): Fault[] {
    const faults = [
      ...linkFaults(this.chain, this.zoneId, event),
      ...this.testimonyFaults(event),
      ...this.snapshotFaults(event),
    ]
    // only what is untouched, or at least readable, can be decided again
    faults.push(...this.decisionFaults(event), ...this.foldFaults(event))
    this.chain = endOf(event)
    this.tally.events++
    return faults
  }

  /** What is wrong with the end: checkpoints of events that are not there, a snapshot that nothing testifies to. */
  missing(): Fault[] {
    const unproven = this.snapshot.atEnd()
    const unvouched =
      unproven === undefined ? [] : [fault(this.snapshot.beginning!.seq, 'snapshot', unproven)]
    const gone = [...this.testified.keys()]
      .filter((seq) => seq > this.chain.seq)
      .map((seq) =>
        fault(seq, 'seq', `a checkpoint testifies to event ${seq}, the history ends at ${this.chain.seq}`),
      )
    return [...unvouched, ...gone]
  }

  private snapshotFaults(event: ZoneEvent): Fault[] {
    const contradiction = this.snapshot.take(event)
    return contradiction === undefined ? [] : [fault(event.seq, 'snapshot', contradiction)]
  }

  private testimonyFaults(event: ZoneEvent): Fault[] {
    const found = contradiction(endOf(event), this.testified)
    return found === undefined ? [] : [found]
  }

  private decisionFaults(event: ZoneEvent): Fault[] {
    if (event.kind !== 'update') return []
    try {
      const again = redecide(this.folded.contents, event)
      if (again.kind === 'different') return [...again.faults]
      if (again.kind === 'same') this.tally.redecided++
      else this.tally.takenAsRecorded++
      return []
    } catch (error) {
      return [fault(event.seq, 'message', `it cannot be decided again: ${String(error)}`)]
    }
  }

  private foldFaults(event: ZoneEvent): Fault[] {
    try {
      const diff = diffOf(event)
      if (diff !== undefined && Buffer.compare(encodeDiff(diff), event.diff) !== 0)
        return [fault(event.seq, 'diff', 'its diff is not in the one form that it has')]
      if (event.kind === 'snapshot' && (diff === undefined || diff.oldSoa !== undefined))
        return [fault(event.seq, 'diff', 'a snapshot must hold a whole zone')]
      this.folded = foldEvent(this.folded, event)
      return []
    } catch (error) {
      if (!(error instanceof DiffMismatch)) throw error
      return [fault(event.seq, 'diff', error.message)]
    }
  }
}
