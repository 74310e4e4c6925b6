import { Type } from '../../../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../../../shared/dns/name.ts'
import type { ResourceRecord, RRset } from '../../../../shared/dns/record.ts'
import { serialOf } from '../../../../shared/dns/soa.ts'
import { type ChangedRRset, changedBy, DiffMismatch } from '../../../../shared/zone-contents.ts'
import { diffRecords, type ZoneDiff } from '../../../../shared/zone-diff.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import type { ChainedEvent } from '../../store/chained-events.ts'
import { emptyFold, loadFolded, saveFolded } from '../../store/folded-rrsets.ts'
import { diffOf } from '../fold.ts'

export interface FoldSteps {
  /** RRsets that are held at a time; when there are more, all go to the table of the transaction. */
  readonly held: number
  /** Octets from which on a diff is folded piece by piece, and records of a piece. */
  readonly largeOctets: number
  readonly piece: number
}

/** What folding looks at. */
export type FoldedEvent = Pick<ChainedEvent, 'seq' | 'diff' | 'serialAfter'>

const STEPS: FoldSteps = { held: 50_000, largeOctets: 256 * 1024, piece: 5_000 }
const SAVED_AT_ONCE = 5_000

interface Held {
  readonly name: Name
  readonly type: number
  rrset: RRset | undefined
  /** Whether the table has it otherwise. */
  isNew: boolean
}

/**
 * Folds a zone's events into a table of the transaction (P6), as `fold.ts` folds them into memory: the same order and case of
 * values. Of a large zone only what events of late touched is held.
 */
export class ZoneFold {
  private readonly trx: DbTransaction
  private readonly apex: Name
  private readonly steps: FoldSteps
  private held = new Map<string, Held>()
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
    if (this.held.size > this.steps.held) await this.unload()
  }

  /** Puts what is held into the table. */
  async finish(): Promise<void> {
    await this.unload()
  }

  private async foldRun(run: readonly { event: FoldedEvent; diff: ZoneDiff }[]): Promise<void> {
    await this.load(run.flatMap(({ diff }) => recordsOf(diff)))
    for (const { event, diff } of run) {
      if (diff.oldSoa === undefined) await this.beginAnew()
      const removed = diff.oldSoa === undefined ? [] : [diff.oldSoa, ...diff.removed]
      this.apply(event, removed, [diff.newSoa, ...diff.added])
      this.checkSerial(event)
    }
  }

  private async foldLarge(event: FoldedEvent): Promise<void> {
    let pending = { removed: [] as ResourceRecord[], added: [] as ResourceRecord[] }
    const flush = async () => {
      await this.load([...pending.removed, ...pending.added])
      this.apply(event, pending.removed, pending.added)
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

  private apply(
    { seq }: FoldedEvent,
    removed: readonly ResourceRecord[],
    added: readonly ResourceRecord[],
  ): void {
    let changed: ChangedRRset[]
    try {
      changed = changedBy(removed, added, (name, type) => this.held.get(keyOf(name, type))?.rrset)
    } catch (error) {
      if (!(error instanceof DiffMismatch)) throw error
      throw new DiffMismatch(`event ${seq} does not fit what came before it: ${error.message}`)
    }
    for (const { name, type, rrset } of changed)
      this.held.set(keyOf(name, type), { name, type, rrset, isNew: true })
  }

  private checkSerial({ seq, serialAfter }: FoldedEvent): void {
    const [soa] = this.held.get(keyOf(this.apex, Type.SOA))?.rrset?.rdata ?? []
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
    const wanted = new Map<string, Held>()
    for (const record of records) {
      const name = canonicalName(record.name)
      const key = keyOf(name, record.type)
      if (!this.held.has(key)) wanted.set(key, { name, type: record.type, rrset: undefined, isNew: false })
    }
    if (wanted.size === 0) return
    await this.statement
    for (const rrset of await loadFolded(this.trx, [...wanted.values()]))
      wanted.get(keyOf(canonicalName(rrset.name), rrset.type))!.rrset = rrset
    for (const [key, held] of wanted) this.held.set(key, held)
  }

  private async unload(): Promise<void> {
    const changed = [...this.held.values()].filter(({ isNew }) => isNew)
    await this.statement
    for (let start = 0; start < changed.length; start += SAVED_AT_ONCE)
      await saveFolded(this.trx, changed.slice(start, start + SAVED_AT_ONCE))
    this.isTableUsed ||= changed.length > 0
    this.held = new Map()
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

function keyOf(name: Name, type: number): string {
  return `${type} ${name}`
}
