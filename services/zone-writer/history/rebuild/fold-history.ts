import type { Name } from '../../../../shared/dns/name.ts'
import { DiffMismatch } from '../../../../shared/zone-contents.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { type ChainedEvent, chainedEvents } from '../../store/chained-events.ts'
import { CHAIN_START, type ChainEnd, endOf, hashedLinkFaults, hex } from '../verify/chain.ts'
import { type Fault, fault } from '../verify/fault.ts'
import { type FoldSteps, ZoneFold } from './zone-fold.ts'

/**
 * Follows one zone's events as they are stored, whatever the zone's row says: the chain, and the fold of the diffs into a table of the
 * transaction (see store/folded-rrsets.ts).
 */
export class HistoryFold {
  private readonly trx: DbTransaction
  private readonly zoneId: number
  private readonly fold: ZoneFold
  private readonly testified: ReadonlyMap<number, string>
  private chain: ChainEnd = CHAIN_START
  private deleted = false
  private found: Fault | undefined

  /** `testified` has hashes that must be found, by event. */
  constructor(
    trx: DbTransaction,
    zoneId: number,
    apex: Name,
    testified: ReadonlyMap<number, string> = new Map(),
    steps?: FoldSteps,
  ) {
    this.trx = trx
    this.testified = testified
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

  /** Goes on from where it is, up to event `upTo` or all there is; says now and then how far. `onEvent` sees each event, with its message. */
  async *follow(
    upTo = Number.POSITIVE_INFINITY,
    onEvent?: (event: ChainedEvent) => void,
  ): AsyncGenerator<number> {
    const withMessages = onEvent !== undefined
    const pages = chainedEvents(this.trx, this.zoneId, this.chain.seq, withMessages)
    for await (const rows of this.ahead(pages)) {
      const events: ChainedEvent[] = []
      for (const event of rows) {
        if (event.seq > upTo) break
        ;[this.found] = hashedLinkFaults(this.chain, this.zoneId, event, event.hashHolds)
        if (this.found !== undefined) break
        this.chain = endOf(event)
        this.found = this.contradicted()
        this.deleted ||= event.kind === 'delete'
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

  /** Events that the zone's row or a checkpoint names, and that are not there. */
  missing(rowSeq: number): Fault | undefined {
    const last = Math.max(rowSeq, ...this.testified.keys())
    if (last <= this.chain.seq) return undefined
    return fault(
      last,
      'seq',
      `there was an event ${last}, the history ends at ${this.chain.seq}: events are missing`,
    )
  }

  /** Has Postgres hash the next events while these are folded. */
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

  private contradicted(): Fault | undefined {
    const { seq, hash } = this.chain
    const expected = this.testified.get(seq)
    if (expected === undefined || expected === hex(hash)) return undefined
    return fault(seq, 'hash', 'a signed checkpoint testifies to another hash: history was rewritten')
  }

  private async foldEvents(events: readonly ChainedEvent[]): Promise<void> {
    try {
      await this.fold.take(events)
    } catch (error) {
      if (!(error instanceof DiffMismatch)) throw error
      this.found = fault(undefined, 'diff', error.message)
    }
  }
}
