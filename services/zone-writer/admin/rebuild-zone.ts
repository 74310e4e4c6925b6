import type { Identity, Source } from '../../../shared/commands.ts'
import { chainEvent } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { HistoryFold } from '../history/rebuild/fold-history.ts'
import type { RebuildProgress, RebuildReport } from '../history/rebuild/report.ts'
import { type Fault, fault } from '../history/verify/fault.ts'
import { zoneFaults } from '../history/verify/stored-zone.ts'
import { testimonyOf } from '../history/verify/testimony.ts'
import { type DbTransaction, inLongTransaction, type ZoneWithHistory } from '../store/admin-zones.ts'
import { checkpointsOf } from '../store/checkpoints.ts'
import { keepCompactionsOff } from '../store/compaction.ts'
import { insertEvents } from '../store/events.ts'
import { compareFolded, countFolded, openFold, putRight } from '../store/folded-rrsets.ts'
import { storedZone } from '../store/verification.ts'
import { lockZones, putHead } from '../store/zones.ts'
import { auditEvent } from './audit.ts'
import { eventOf } from './contents/store-change.ts'
import { type AdminContext, afterCommit } from './context.ts'

/** More would not be read. */
const MOST_DIFFERENCES = 50

type Step = RebuildProgress | RebuildReport

/** Compares what is stored of a zone with what its events add up to, as both are at one moment. Changes nothing. */
export async function* checkRebuild(
  admin: Pick<AdminContext, 'db'>,
  zone: ZoneWithHistory,
  publicKey: string,
): AsyncGenerator<Step> {
  yield* inLongTransaction(admin.db, 'repeatable read', async function* (trx) {
    const fold = await openedFold(trx, zone, publicKey)
    for await (const seq of fold.follow()) yield { seq, of: zone.seq }
    yield await compared(trx, zone, fold)
  })
}

export interface Rebuilder {
  readonly by: Identity
  readonly source: Source
}

/**
 * Puts what is stored of a zone back to what its events add up to, in one transaction: the events are folded before the zone is locked,
 * and those that came meanwhile after. When something was put right an event says so. `tellEdges` has all edges fetch the zone anew.
 */
export async function* replaceFromHistory(
  admin: AdminContext,
  zone: ZoneWithHistory,
  who: Rebuilder,
  publicKey: string,
  tellEdges: (zoneId: number) => Promise<void>,
): AsyncGenerator<Step> {
  // most zones are right: that is found without the lock, which holds updates up
  for await (const step of checkRebuild(admin, zone, publicKey))
    if (!('schema' in step)) yield step
    else if (step.same || !step.isHistoryWhole) return yield step
  let event: ZoneEvent | undefined
  let report: RebuildReport | undefined
  yield* inLongTransaction(admin.db, 'read committed', async function* (trx): AsyncGenerator<Step> {
    const fold = await openedFold(trx, zone, publicKey)
    // events are read page by page, each as it is then
    await keepCompactionsOff(trx, zone.id)
    for await (const seq of fold.follow()) yield { seq, of: zone.seq }
    await lockZones(trx, [zone.id])
    if (fold.fault === undefined) for await (const seq of fold.follow()) yield { seq, of: seq }
    report = await compared(trx, zone, fold)
    if (report.same || !report.isHistoryWhole || fold.wasDeleted) return
    await putRight(trx, zone.id)
    event = rebuildEvent(admin, zone, fold, who, report)
    await insertEvents(trx, [event])
    await putHead(trx, event, report.records)
    await auditEvent(trx, zone.name, event)
  })
  if (event !== undefined) {
    const stored = event
    await afterCommit(admin, 'event', () => admin.publisher.publish([stored]))
    await afterCommit(admin, 'edges fetch the zone anew', () => tellEdges(zone.id))
  }
  if (report !== undefined) yield { ...report, putRightBy: event?.seq }
}

/** What checkpoints testify to must be found: a history that was cut or rewritten is nothing to rebuild from. */
export async function openedFold(
  trx: DbTransaction,
  { id, name }: Pick<ZoneWithHistory, 'id' | 'name'>,
  publicKeys: string,
): Promise<HistoryFold> {
  await openFold(trx)
  const { events } = testimonyOf(await checkpointsOf(trx, id), publicKeys, id)
  return new HistoryFold(trx, id, name, { testified: events, publicKeys })
}

async function compared(
  trx: DbTransaction,
  zone: ZoneWithHistory,
  fold: HistoryFold,
): Promise<RebuildReport> {
  const { seq, serial } = fold.end
  const base = { schema: 'zonelog.rebuild/1', zone: zone.name, seq, serial, putRightBy: undefined } as const
  const stored = await storedZone(trx, zone.id)
  const broken = fold.fault ?? fold.missing(stored?.seq ?? 0)
  if (broken !== undefined)
    return {
      ...base,
      ...{ rrsets: 0, records: 0, same: false, differing: 0, differences: [] },
      faults: [broken],
      isHistoryWhole: false,
    }
  const counts = await countFolded(trx)
  const faults: Fault[] =
    stored === undefined
      ? [fault(undefined, 'zone', 'its row is gone')]
      : zoneFaults(stored, fold.end, { apex: zone.name, records: counts.records }, fold.wasDeleted)
  const { count, first } = fold.wasDeleted
    ? { count: 0, first: [] }
    : await compareFolded(trx, zone.id, MOST_DIFFERENCES)
  const same = count === 0 && faults.length === 0
  return { ...base, ...counts, same, differing: count, differences: first, faults, isHistoryWhole: true }
}

function rebuildEvent(
  admin: AdminContext,
  { id, name }: ZoneWithHistory,
  { end }: HistoryFold,
  { by, source }: Rebuilder,
  { differing, faults }: RebuildReport,
): ZoneEvent {
  const what = [
    ...(differing === 0 ? [] : [`${differing} stored RRsets`]),
    ...faults.map(({ field }) => field),
  ]
  const head = { id, name, ...end }
  const detail = `put right from history: ${what.join(', ')}`
  const event = eventOf(admin, head, { kind: 'rebuild', by, source, detail }, undefined)
  return chainEvent({ ...event, reason: 'applied', diff: new Uint8Array() }, end.hash)
}
