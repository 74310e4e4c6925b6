import type { Name } from '../../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { DiffMismatch } from '../../../../shared/zone-contents.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { compactEvents } from '../../store/compaction.ts'
import { type EventPage, type StoredEvent, storedEvents } from '../../store/stored-events.ts'
import { SnapshotWitness } from '../compact/statement.ts'
import { CHAIN_START, type ChainEnd, endOf, linkFaults } from '../verify/chain.ts'
import { type Fault, fault } from '../verify/fault.ts'
import { contradiction, highest, type TestifiedEvents } from '../verify/testimony.ts'
import { type FoldSteps, ZoneFold } from './zone-fold.ts'

/** So many events are read while as many are folded. */
const PAGE: EventPage = { events: 2_000, octets: 4 * 1024 * 1024 }

/** What a fold is held against. */
export interface FoldBelief {
  readonly testified?: TestifiedEvents | undefined
  /** Without keys, what is said of the snapshot that a history begins with may be signed by anybody. */
  readonly publicKeys?: string | undefined
}

/**
 * Follows one zone's events as they are stored, whatever the zone's row says: the chain, and the fold of the diffs into a table of the
 * transaction (see store/folded-rrsets.ts).
 */
export class HistoryFold {
  private readonly trx: DbTransaction
  private readonly zoneId: number
  private readonly fold: ZoneFold
  private readonly page: EventPage
  private readonly testified: TestifiedEvents
  private readonly snapshot: SnapshotWitness
  private chain: ChainEnd = CHAIN_START
  private deleted = false
  private found: Fault | undefined

  constructor(
    trx: DbTransaction,
    zoneId: number,
    apex: Name,
    { testified = new Map(), publicKeys }: FoldBelief,
    steps?: FoldSteps,
    page = PAGE,
  ) {
    this.trx = trx
    this.page = page
    this.testified = testified
    this.snapshot = new SnapshotWitness({ zoneId, zone: apex }, publicKeys)
    this.zoneId = zoneId
    this.fold = new ZoneFold(trx, apex, steps)
  }

  get end(): ChainEnd {
    return this.chain
  }

  /** Whether an event says that the zone was deleted. */
  get wasDeleted(): boolean {
    return this.deleted
  }

  /** The first thing that is wrong; nothing after it was followed. */
  get fault(): Fault | undefined {
    return this.found
  }

  /** Goes on from where it is, up to event `upTo` or all there is; says now and then how far. `onEvent` sees each event. */
  async *follow(
    upTo = Number.POSITIVE_INFINITY,
    onEvent?: (event: ZoneEvent) => void,
  ): AsyncGenerator<number> {
    const pages = storedEvents(this.trx, this.zoneId, this.chain.seq, this.page)
    for await (const rows of this.ahead(pages)) {
      const events: ZoneEvent[] = []
      for (const row of rows) {
        if (row.seq > upTo) break
        const event = this.linked(row)
        if (event === undefined) break
        events.push(event)
        onEvent?.(event)
        if (this.found !== undefined) break
      }
      await this.foldEvents(events)
      yield this.chain.seq
      if (this.found !== undefined || rows.at(-1)!.seq >= upTo) break
    }
    if (this.found === undefined) await this.fold.finish()
  }

  /** The next event, where it belongs to the chain. */
  private linked(row: StoredEvent): ZoneEvent | undefined {
    if ('unreadable' in row) {
      this.found = fault(row.seq, 'time', row.unreadable)
      return undefined
    }
    const { event } = row
    ;[this.found] = linkFaults(this.chain, this.zoneId, event)
    if (this.found !== undefined) return undefined
    this.chain = endOf(event)
    this.found = this.contradicted(event)
    this.deleted ||= event.kind === 'delete'
    return event
  }

  /** What is wrong at the end: events that the zone's row or a checkpoint names and that are not there, a snapshot that nothing testifies to. */
  missing(rowSeq: number): Fault | undefined {
    const unproven = this.snapshot.atEnd()
    if (unproven !== undefined) return fault(this.snapshot.beginning!.seq, 'snapshot', unproven)
    const last = Math.max(rowSeq, highest(this.testified))
    if (last <= this.chain.seq) return undefined
    return fault(
      last,
      'seq',
      `there was an event ${last}, the history ends at ${this.chain.seq}: events are missing`,
    )
  }

  /** For a fold that stops before the end: whether a later event testifies to the snapshot that the history begins with. */
  async unproven(): Promise<Fault | undefined> {
    const { beginning } = this.snapshot
    if (beginning === undefined || this.snapshot.vouchedBy !== undefined) return undefined
    for (const event of await compactEvents(this.trx, this.zoneId, this.chain.seq)) {
      const contradicted = this.snapshot.take(event)
      if (contradicted !== undefined) return fault(event.seq, 'snapshot', contradicted)
    }
    const unproven = this.snapshot.atEnd()
    return unproven === undefined ? undefined : fault(beginning.seq, 'snapshot', unproven)
  }

  /** Has Postgres read the next events while these are hashed and folded. */
  private async *ahead<T>(pages: AsyncGenerator<T>): AsyncGenerator<T> {
    let next = pages.next()
    try {
      for (;;) {
        const page = await next
        if (page.done) return
        next = pages.next()
        this.fold.waitFor(next)
        yield page.value
      }
    } finally {
      await next.catch(() => {})
      await pages.return(undefined)
    }
  }

  private contradicted(event: ZoneEvent): Fault | undefined {
    const contradicted = this.snapshot.take(event)
    if (contradicted !== undefined) return fault(event.seq, 'snapshot', contradicted)
    return contradiction(this.chain, this.testified)
  }

  private async foldEvents(events: readonly ZoneEvent[]): Promise<void> {
    try {
      await this.fold.take(events)
    } catch (error) {
      if (!(error instanceof DiffMismatch)) throw error
      this.found = fault(undefined, 'diff', error.message)
    }
  }
}
