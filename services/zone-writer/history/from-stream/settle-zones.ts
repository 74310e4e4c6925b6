import type { DbTransaction } from '../../store/admin-zones.ts'
import { insertCheckpoint, markCheckpointPublished } from '../../store/checkpoints.ts'
import { firstEvent } from '../../store/compaction.ts'
import { countFolded, emptyFold } from '../../store/folded-rrsets.ts'
import {
  continueIds,
  dropEventsBeforeSnapshots,
  type EventRange,
  type GatheredZone,
  gatheredZones,
  insertUnsettledZones,
  leaveOut,
  originOf,
  settleZone,
} from '../../store/restore.ts'
import { HistoryFold } from '../rebuild/fold-history.ts'
import { hex } from '../verify/chain.ts'
import { highest } from '../verify/testimony.ts'
import type { CatalogEntries } from './catalog-entries.ts'
import type { Testimonies } from './checkpoints.ts'
import type { Gathering } from './gather.ts'
import type { LackingZone, RestoredZone, StreamProgress, StreamRebuild } from './report.ts'
import { restoreCatalogMark, restoreKeys, restoreSettings } from './restore-catalog.ts'

export interface SettlingOptions {
  /** Whether zones that lack events are left out; else nothing is done when there is one. */
  readonly leaveOutLacking: boolean
  readonly now: number
}

/** Zones lack events, and nobody said to leave them out: the transaction is to be taken back. */
export class NotWhole extends Error {
  readonly report: StreamRebuild

  constructor(report: StreamRebuild) {
    super('zones lack events')
    this.report = report
  }
}

/** Makes zones of the events that were gathered. */
export class Settling {
  private readonly trx: DbTransaction
  private readonly catalog: CatalogEntries
  private readonly gathering: Gathering
  private readonly testimony: Testimonies
  private readonly options: SettlingOptions
  private readonly zones: RestoredZone[] = []
  private readonly lacking: LackingZone[] = []
  private readonly notes: string[]

  constructor(
    trx: DbTransaction,
    catalog: CatalogEntries,
    gathering: Gathering,
    testimony: Testimonies,
    options: SettlingOptions,
  ) {
    this.trx = trx
    this.catalog = catalog
    this.gathering = gathering
    this.testimony = testimony
    this.options = options
    this.notes = [...catalog.doubts, ...testimony.doubts]
  }

  async *run(): AsyncGenerator<StreamProgress | StreamRebuild> {
    const { trx } = this
    // a zone of which the catalog knows, and the stream holds nothing
    await insertUnsettledZones(
      trx,
      this.catalog.zones.map(({ id }) => id),
    )
    await dropEventsBeforeSnapshots(trx)
    const gathered = await gatheredZones(trx)
    for (const [index, zone] of gathered.entries()) {
      await this.settle(zone)
      yield { what: 'zones', done: index + 1, of: gathered.length }
    }
    if (this.lacking.length > 0 && !this.options.leaveOutLacking) throw new NotWhole(this.report(false))
    for (const { id } of this.lacking) await leaveOut(trx, id)
    await continueIds(trx, 'zone', Math.max(1, ...gathered.map(({ id }) => id)))
    await this.restoreCheckpoints()
    await this.restoreCatalog()
    yield this.report(true)
  }

  private async settle(gathered: GatheredZone): Promise<void> {
    const { trx } = this
    const { id } = gathered
    const origin = await originOf(trx, id)
    const known = this.catalog.zones.find((zone) => zone.id === id)
    const name = origin?.name ?? known?.name ?? `of id ${id}`
    const lack = (why: string) => void this.lacking.push({ id, zone: name, why })
    const missing = await this.missing(gathered)
    if (missing.length > 0 || origin === undefined) return lack(missingText(missing))
    await emptyFold(trx)
    const { zones, publicKeys } = this.testimony
    const fold = new HistoryFold(trx, id, origin.name, { testified: zones.get(id), publicKeys })
    for await (const _ of fold.follow());
    const wrong = fold.fault ?? fold.missing(gathered.last)
    if (wrong !== undefined) return lack(wrong.message)
    const { records } = await countFolded(trx)
    const deleted = fold.wasDeleted
    if (!(await settleZone(trx, { id, ...origin, ...fold.end, records })))
      return lack('another living zone has its name: the event of its deletion is missing')
    const { seq: events, serial, hash } = fold.end
    this.zones.push({ id, zone: origin.name, events, serial, hash: hex(hash), deleted })
    if (!deleted && known === undefined && this.catalog.zones.length > 0)
      this.notes.push(`zone ${origin.name} is not in the catalog: it gets no rules`)
  }

  /** From the first event on, or the snapshot that stands for the first ones, to the last one that anybody speaks of. */
  private async missing({ id, first, last, gaps }: GatheredZone): Promise<EventRange[]> {
    const testified = highest(this.testimony.zones.get(id) ?? new Map())
    const end = Math.max(last, this.gathering.lastHeardOf.get(id) ?? 0, testified)
    const isWholeFrom = first === 1 || (await firstEvent(this.trx, id))?.kind === 'snapshot'
    return [
      ...(isWholeFrom ? [] : [{ from: 1, to: first === 0 ? Math.max(1, end) : first - 1 }]),
      ...gaps,
      ...(first !== 0 && end > last ? [{ from: last + 1, to: end }] : []),
    ]
  }

  private async restoreCheckpoints(): Promise<void> {
    const { believed, publicKeys } = this.testimony
    const restored = new Set(this.zones.map(({ id }) => id))
    for (const { zoneId, seq, ...signed } of believed) {
      if (!restored.has(zoneId)) continue
      await insertCheckpoint(this.trx, zoneId, seq, signed)
      await markCheckpointPublished(this.trx, zoneId, seq)
    }
    if (believed.length > 0)
      this.notes.push(
        `the checkpoints of ${publicKeys} are kept: unless ZONELOG_CHECKPOINT_KEY_FILE has that key, give it to the writers as ZONELOG_CHECKPOINT_FORMER_KEYS, so that they are believed`,
      )
  }

  private async restoreCatalog(): Promise<void> {
    const at = new Date(this.options.now)
    await restoreKeys(this.trx, this.catalog, at)
    const living = new Set(this.zones.filter(({ deleted }) => !deleted).map(({ id }) => id))
    for (const zone of this.catalog.zones) {
      if (!living.has(zone.id)) continue
      await restoreSettings(this.trx, zone, at)
      if (await restoreCatalogMark(this.trx, zone))
        this.notes.push(`zone ${zone.name} is a catalog zone, and kept by zonelog again`)
    }
  }

  private report(done: boolean): StreamRebuild {
    return {
      schema: 'zonelog.restore/1',
      done,
      zones: this.zones,
      lacking: this.lacking,
      keys: this.catalog.keys.length + this.catalog.sig0Keys.length,
      checkpoints: this.testimony.checked,
      notes: this.notes,
    }
  }
}

const MOST_RANGES = 20

function missingText(missing: readonly EventRange[]): string {
  const ranges = missing
    .slice(0, MOST_RANGES)
    .map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`))
  const more = missing.length > ranges.length ? ` and ${missing.length - ranges.length} more ranges` : ''
  return `events ${ranges.join(', ')}${more} are not in the stream`
}
