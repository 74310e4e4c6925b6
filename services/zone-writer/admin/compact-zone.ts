import { isBusy } from '../../../shared/database/faults.ts'
import { decodeMessage } from '../../../shared/dns/message.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { chainEvent } from '../../../shared/events/event-codec.ts'
import type { UnchainedEvent, ZoneEvent } from '../../../shared/events/zone-event.ts'
import { signatureMark } from '../../../shared/fingerprint.ts'
import { compactionText } from '../history/compact/statement.ts'
import { MOST_EXPORTED_OCTETS } from '../history/export-file.ts'
import type { HistoryFold } from '../history/rebuild/fold-history.ts'
import type { RebuildProgress } from '../history/rebuild/report.ts'
import { hex } from '../history/verify/chain.ts'
import type { SigningKey } from '../history/verify/checkpoint.ts'
import { type DbTransaction, inLongTransaction, type ZoneSummary } from '../store/admin-zones.ts'
import {
  claimCompaction,
  deleteEventsUpTo,
  eventWithLiveResend,
  forgetDerived,
  placeAt,
  waitForLocksAtMost,
} from '../store/compaction.ts'
import { settleCounts } from '../store/event-counts.ts'
import { insertEvents } from '../store/events.ts'
import { lockProgress } from '../store/history-progress.ts'
import { insertStates } from '../store/history-states.ts'
import { storedZone } from '../store/verification.ts'
import { advanceZones, lockZones } from '../store/zones.ts'
import { auditEvent } from './audit.ts'
import { LEAST_KEPT_SECONDS } from './compact-plan.ts'
import { insertSnapshot, type SnapshotContents, snapshotDiff, soaState } from './contents/snapshot-event.ts'
import { eventOf } from './contents/store-change.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { brokenHistory } from './rebuild-into.ts'
import { openedFold, type Rebuilder } from './rebuild-zone.ts'

/** Which events are to be replaced, as {@link planCompaction} named them, and where they were exported to. */
export interface CompactionRequest extends Rebuilder {
  readonly upTo: number
  readonly hash: string
  /** For people who look for what is older: the name of a file and what tells whether it is that. */
  readonly exported: string
}

export interface Compacted {
  readonly zone: Name
  /** The snapshot stands for the events up to this one. */
  readonly upTo: number
  readonly serial: number
  readonly snapshot: string
  /** The event that says so. */
  readonly seq: number
}

const DAY_MS = 24 * 60 * 60_000
const LONGEST_WAIT_MS = 20_000

type Step = RebuildProgress | Outcome<Compacted>

interface Stored {
  readonly event: ZoneEvent
  readonly result: Compacted
}

/**
 * Replaces a zone's oldest events by a snapshot of what they add up to, in one transaction, so that nobody sees half of it. The chain
 * goes on with the hash of the last event that was replaced; an event at its end testifies to the snapshot, signed with `key`. The zone is locked for the
 * last step only, and no other zone ever.
 */
export async function* compactZone(
  admin: AdminContext,
  zone: ZoneSummary,
  request: CompactionRequest,
  key: SigningKey,
  publicKeys = key.public,
): AsyncGenerator<Step> {
  let event: ZoneEvent | undefined
  let result: Compacted | undefined
  try {
    for await (const step of inLongTransaction(admin.db, 'read committed', (trx) => compactIn(trx))) {
      if (!('event' in step)) yield step
      else ({ event, result } = step)
    }
  } catch (error) {
    if (!isBusy(error)) throw error
    return yield failure(
      'bad-compaction',
      `Something else works on the zone ${zone.name} for long; nothing was changed. Compact it later.`,
    )
  }
  if (event === undefined || result === undefined) return
  const published = event
  await afterCommit(admin, 'event', () => admin.publisher.publish([published]))
  yield done(result)

  async function* compactIn(trx: DbTransaction): AsyncGenerator<Step | Stored> {
    const refused = await refusal(trx, admin, zone, request)
    if (refused !== undefined) return yield refused
    const fold = await openedFold(trx, zone, publicKeys)
    let replayable: number | undefined
    const onEvent = (event: ZoneEvent) => {
      if (canBeReplayed(event, admin.now())) replayable ??= event.seq
    }
    for await (const seq of fold.follow(request.upTo, onEvent)) yield { seq, of: request.upTo }
    const broken = fold.fault ?? (await fold.unproven())
    if (broken !== undefined) return yield brokenHistory({ ...zone, deletedAt: undefined }, broken.message)
    const resent = await eventWithLiveResend(trx, zone.id, request.upTo, new Date(admin.now()))
    const first = Math.min(...[replayable, resent].filter((seq) => seq !== undefined))
    if (Number.isFinite(first)) return yield await stillReplayable(trx, zone, first, admin.now())
    const contents = await snapshotDiff(trx, zone.name)
    if (contents === undefined)
      return yield failure(
        'bad-compaction',
        `The zone ${zone.name} has more than ${MOST_EXPORTED_OCTETS >> 20} MiB, which is more than one line of an exported history can hold.`,
      )
    yield await store(trx, admin, zone, fold, contents, request, key)
  }
}

async function stillReplayable(
  trx: DbTransaction,
  { id, name }: ZoneSummary,
  seq: number,
  now: number,
): Promise<Outcome<never>> {
  const { at } = (await placeAt(trx, id, seq))!
  const days = Math.floor((now - at) / DAY_MS) + 1
  return failure(
    'bad-compaction',
    `A signature of event ${seq} of ${name} is still valid, so its message could be replayed. With --keep ${days}d the event stays.`,
  )
}

/** A signed message is known again by its event, for as long as its signature would be accepted; SIG(0) may say years. */
function canBeReplayed({ message }: ZoneEvent, now: number): boolean {
  const decoded = message.length === 0 ? undefined : decodeMessage(message)
  const mark = decoded?.ok ? signatureMark(message, decoded.value) : undefined
  return mark !== undefined && mark.expiresAt > now
}

/** Why a compaction that was planned may not be done any more. */
async function refusal(
  trx: DbTransaction,
  admin: AdminContext,
  { id, name }: ZoneSummary,
  { upTo, hash }: CompactionRequest,
): Promise<Outcome<never> | undefined> {
  if (!(await claimCompaction(trx, id)))
    return failure(
      'bad-compaction',
      `Another compaction of ${name} is under way, or a rebuild. Plan anew when it is done.`,
    )
  const place = await placeAt(trx, id, upTo)
  if (place === undefined || hex(place.hash) !== hash)
    return failure('bad-compaction', `Event ${upTo} of ${name} is not the one that was exported. Plan anew.`)
  if (place.isSnapshot)
    return failure(
      'bad-compaction',
      `Event ${upTo} of ${name} is a snapshot already: there is nothing before it.`,
    )
  const publishedSeq = (await storedZone(trx, id))?.publishedSeq ?? 0
  if (publishedSeq < upTo)
    return failure(
      'bad-compaction',
      `The events of ${name} from ${publishedSeq + 1} on are not yet on NATS, where edges and others read them. Wait until they are.`,
    )
  if (place.at > admin.now() - LEAST_KEPT_SECONDS * 1_000)
    return failure('bad-compaction', `Event ${upTo} of ${name} is less than a day old.`)
  return undefined
}

async function store(
  trx: DbTransaction,
  admin: AdminContext,
  zone: ZoneSummary,
  { end }: HistoryFold,
  { soa, diff }: SnapshotContents,
  request: CompactionRequest,
  key: SigningKey,
): Promise<Stored> {
  const { at } = (await placeAt(trx, zone.id, end.seq))!
  // whoever holds the zone may be waiting for what is derived, which is held here
  await waitForLocksAtMost(trx, LONGEST_WAIT_MS)
  const { seq: indexed } = await lockProgress(trx, zone.id)
  await deleteEventsUpTo(trx, zone.id, end.seq)
  // what is derived stays good where it had got that far
  if (indexed < end.seq) await forgetDerived(trx, zone.id)
  else await insertStates(trx, zone.id, [soaState(soa, end.seq)])
  const [head] = await lockZones(trx, [zone.id])
  if (head === undefined || head.deleted) throw new Error(`zone ${zone.name} was deleted meanwhile`)
  const { by, source, exported } = request
  const snapshotEvent: Omit<UnchainedEvent, 'diff'> = {
    ...eventOf(
      admin,
      { ...head, ...end, seq: end.seq - 1 },
      { kind: 'snapshot', by, source, detail: exported },
      end.serial,
    ),
    // what it stands for is what the zone was then
    ...{ receivedAt: at, queuedAt: at, decidedAt: at },
  }
  const snapshot = await insertSnapshot(trx, snapshotEvent, diff, end.hash)
  await settleCounts(trx, zone.id)
  const { seq: upTo, serial } = end
  const said = { upTo, serial, hash: hex(end.hash), snapshot: hex(snapshot) }
  const detail = compactionText(key, { zoneId: zone.id, zone: zone.name }, said)
  const unchained = eventOf(admin, head, { kind: 'compact', by, source, detail }, undefined)
  const event = chainEvent({ ...unchained, reason: 'applied', diff: new Uint8Array() }, head.hash)
  await insertEvents(trx, [event])
  await advanceZones(trx, [{ from: head.seq, last: event, recordCount: head.recordCount }])
  await auditEvent(trx, zone.name, {
    ...event,
    detail: `events up to ${upTo} replaced; exported to ${exported}`,
  })
  const result = {
    zone: zone.name,
    ...{ upTo, serial, snapshot: said.snapshot },
    seq: event.seq,
  }
  return { event, result }
}
