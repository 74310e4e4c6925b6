import { Type } from '../../../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../../shared/dns/record.ts'
import { serialOf } from '../../../../shared/dns/soa.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import {
  type ChangedRRset,
  changedBy,
  changedRRsets,
  DiffMismatch,
} from '../../../../shared/zone-contents.ts'
import { diffRecords, type ZoneDiff } from '../../../../shared/zone-diff.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { emptyFold, loadFolded, saveFolded } from '../../store/folded-rrsets.ts'
import { diffOf } from '../fold.ts'
import { HeldRRsets } from './held-rrsets.ts'

export interface FoldSteps {
  /** RRsets that are held at a time; when there are more, all go to the table of the transaction. */
  readonly held: number
  /** Octets from which on a diff is folded piece by piece, and records of a piece. */
  readonly largeOctets: number
  readonly piece: number
}

/** What folding looks at. */
export type FoldedEvent = Pick<ZoneEvent, 'seq' | 'diff' | 'serialAfter'>

const STEPS: FoldSteps = { held: 200_000, largeOctets: 256 * 1024, piece: 5_000 }
const SAVED_AT_ONCE = 5_000

/**
 * Folds a zone's events into a table of the transaction (P6), as `fold.ts` folds them into memory: the same order and case of
 * values. Of a large zone only what events of late touched is held.
 */
export class ZoneFold {
  private readonly trx: DbTransaction
  private readonly apex: Name
  private readonly steps: FoldSteps
  private readonly held = new HeldRRsets()
  /** What is not held may be in the table only once something was put there. */
  private isTableUsed = false
  private statement: Promise<unknown> = Promise.resolve()

  constructor(trx: DbTransaction, apex: Name, steps: FoldSteps = STEPS) {
    this.trx = trx
    this.apex = apex
    this.steps = steps
  }

  /** Another statement that is under way on the connection; it takes one at a time. */
  waitFor(statement: Promise<unknown>): void {
    // whoever began it hears of a failure
    this.statement = statement.catch(() => {})
  }

  /** The next events, in order. Throws {@link DiffMismatch} where one does not fit what came before it. */
  async take(events: readonly FoldedEvent[]): Promise<void> {
    let run: { event: FoldedEvent; diff: ZoneDiff }[] = []
    for (const event of events) {
      if (event.diff.length === 0) continue
      if (event.diff.length >= this.steps.largeOctets) {
        await this.foldRun(run)
        run = []
        await this.foldLarge(event)
      } else run.push({ event, diff: diffOf(event)! })
    }
    await this.foldRun(run)
    this.held.ownOctets()
    if (this.held.size > this.steps.held) await this.unload()
  }

  /** Puts what is held into the table. */
  async finish(): Promise<void> {
    await this.unload()
  }

  private async foldRun(run: readonly { event: FoldedEvent; diff: ZoneDiff }[]): Promise<void> {
    if (this.isTableUsed) await this.load(run.flatMap(({ diff }) => recordsOf(diff)))
    for (const { event, diff } of run) {
      if (diff.oldSoa === undefined) await this.beginAnew()
      this.apply(event, () => changedRRsets(diff, this.stored))
      this.checkSerial(event)
    }
  }

  private async foldLarge(event: FoldedEvent): Promise<void> {
    let pending = { removed: [] as ResourceRecord[], added: [] as ResourceRecord[] }
    const flush = async () => {
      await this.load([...pending.removed, ...pending.added])
      const { removed, added } = pending
      this.apply(event, () => changedBy(removed, added, this.stored))
      this.held.ownOctets()
      pending = { removed: [], added: [] }
      if (this.held.size > this.steps.held) await this.unload()
    }
    let isFirst = true
    for (const { half, record } of readable(event)) {
      // what has no SOA to replace begins contents anew
      if (isFirst && half === 'added') await this.beginAnew()
      isFirst = false
      pending[half].push(record)
      if (pending.removed.length + pending.added.length >= this.steps.piece) await flush()
    }
    await flush()
    await this.load([{ name: this.apex, type: Type.SOA }])
    this.checkSerial(event)
  }

  private readonly stored = (name: Name, type: number): RRset | undefined => this.held.get(name, type)?.rrset

  private apply({ seq }: FoldedEvent, change: () => readonly ChangedRRset[]): void {
    try {
      for (const changed of change()) this.held.change(changed)
    } catch (error) {
      if (!(error instanceof DiffMismatch)) throw error
      throw new DiffMismatch(`event ${seq} does not fit what came before it: ${error.message}`)
    }
  }

  private checkSerial({ seq, serialAfter }: FoldedEvent): void {
    const [soa] = this.stored(this.apex, Type.SOA)?.rdata ?? []
    if (soa === undefined || serialOf(soa) !== serialAfter)
      throw new DiffMismatch(`event ${seq} leaves another serial in the SOA than it says`)
  }

  private async beginAnew(): Promise<void> {
    this.held.clear()
    if (this.isTableUsed) {
      await this.statement
      await emptyFold(this.trx)
    }
    this.isTableUsed = false
  }

  /** Makes sure that these RRsets are held, if there are any. */
  private async load(records: readonly Pick<ResourceRecord, 'name' | 'type'>[]): Promise<void> {
    if (!this.isTableUsed) return
    const wanted = new HeldRRsets()
    for (const { name: given, type } of records) {
      const name = canonicalName(given)
      if (this.held.get(name, type) === undefined && wanted.get(name, type) === undefined)
        wanted.put(name, type)
    }
    if (wanted.size === 0) return
    await this.statement
    for (const rrset of await loadFolded(this.trx, [...wanted]))
      wanted.get(canonicalName(rrset.name), rrset.type)!.rrset = rrset
    for (const { name, type, rrset } of wanted) this.held.put(name, type, rrset)
  }

  private async unload(): Promise<void> {
    const changed = [...this.held].filter(({ isNew }) => isNew)
    await this.statement
    for (let start = 0; start < changed.length; start += SAVED_AT_ONCE)
      await saveFolded(this.trx, changed.slice(start, start + SAVED_AT_ONCE))
    this.isTableUsed ||= changed.length > 0
    this.held.clear()
  }
}

function recordsOf({ oldSoa, removed, newSoa, added }: ZoneDiff): ResourceRecord[] {
  return [...(oldSoa === undefined ? [] : [oldSoa]), ...removed, newSoa, ...added]
}

function* readable({ seq, diff }: FoldedEvent): ReturnType<typeof diffRecords> {
  try {
    yield* diffRecords(diff)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new DiffMismatch(`the diff of event ${seq} cannot be read: ${error.message}`)
  }
}
