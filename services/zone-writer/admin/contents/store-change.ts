import { createHash, randomUUID } from 'node:crypto'
import type { Identity, Source } from '../../../../shared/commands.ts'
import { Rcode } from '../../../../shared/dns/codes.ts'
import { serialOf } from '../../../../shared/dns/soa.ts'
import { chainEvent } from '../../../../shared/events/event-codec.ts'
import type { EventKind, UnchainedEvent, ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { applyChanges, putSoa } from '../../store/changed-rrsets.ts'
import { insertEventOfParts } from '../../store/diff-parts.ts'
import { insertEvents } from '../../store/events.ts'
import { advanceZones, type ZoneHead } from '../../store/zones.ts'
import { auditEvent } from '../audit.ts'
import { type AdminContext, afterCommit } from '../context.ts'
import { type Change, soaRecord } from './compare.ts'
import { endLeasesOfChange } from './end-leases.ts'
import { formAroundDiff } from './streamed-event.ts'

/** Who changes what, for the event. */
export interface ChangeOrigin {
  readonly kind: EventKind
  readonly by: Identity
  readonly source: Source
  readonly detail: string
}

export interface StoredChange {
  readonly zoneId: number
  readonly seq: number
  readonly serial: number
  /** Undefined when it is too large to be held. */
  readonly event: ZoneEvent | undefined
}

/**
 * Writes the change that was found, its event and the zone's place. The caller holds the zone's lock, and the zone is as it was
 * when the change was found, so contents stay what folding the events gives (P6).
 */
export async function storeChange(
  trx: DbTransaction,
  admin: AdminContext,
  zone: Omit<ZoneHead, 'deleted'> & { readonly recordCount?: number },
  change: Change,
  origin: ChangeOrigin,
): Promise<StoredChange> {
  const { newSoa, diff } = change
  // a zone that is new has not been counted
  const counted =
    zone.recordCount === undefined ? {} : { recordCount: zone.recordCount + diff.added - diff.removed }
  const event = eventOf(admin, zone, origin, newSoa && serialOf(newSoa.rdata[0]!))
  let whole: Uint8Array | undefined = new Uint8Array()
  if (newSoa !== undefined || origin.kind === 'import') await endLeasesOfChange(trx, zone.id, origin.kind)
  if (newSoa !== undefined) {
    whole = await change.diff.finish(change.oldSoa && soaRecord(change.oldSoa), soaRecord(newSoa))
    await applyChanges(trx, zone.id)
    await putSoa(trx, zone.id, zone.name, newSoa)
  }
  await auditEvent(trx, zone.name, event)
  const place = { zoneId: zone.id, seq: event.seq, serial: event.serialAfter }
  if (whole !== undefined) {
    const chained = chainEvent({ ...event, diff: whole }, zone.hash)
    await insertEvents(trx, [chained])
    await advanceZones(trx, [{ from: zone.seq, last: chained, ...counted }])
    return { ...place, event: chained }
  }
  const previousHash = zone.hash
  const hash = await insertEventOfParts(trx, { ...event, previousHash }, formAroundDiff(event, previousHash))
  await advanceZones(trx, [
    { from: zone.seq, last: { ...event, diff: new Uint8Array(), previousHash, hash }, ...counted },
  ])
  return { ...place, event: undefined }
}

/** An event that is too large to be held is announced by its number, or left to the sweep, which finds it unpublished. */
export async function announceChange(
  admin: AdminContext,
  { zoneId, seq, event }: StoredChange,
): Promise<void> {
  await afterCommit(admin, 'event', async () => {
    if (event !== undefined) await admin.publisher.publish([event])
    else await admin.publisher.publishNotice({ zoneId, seq })
  })
}

/** The event of a change that the administration makes; `serial` is the new one, undefined when nothing moves. */
export function eventOf(
  admin: Pick<AdminContext, 'writerId' | 'now'>,
  zone: Omit<ZoneHead, 'deleted'>,
  origin: ChangeOrigin,
  serial: number | undefined,
): Omit<UnchainedEvent, 'diff'> {
  const commandId = randomUUID()
  const now = admin.now()
  return {
    zoneId: zone.id,
    seq: zone.seq + 1,
    kind: origin.kind,
    commandId,
    fingerprint: createHash('sha256').update(commandId).digest(),
    receivedAt: now,
    queuedAt: now,
    decidedAt: now,
    identity: origin.by,
    source: origin.source,
    transport: 'api',
    edgeId: admin.writerId,
    message: new Uint8Array(),
    rcode: Rcode.NOERROR,
    section: '',
    reason: serial === undefined ? 'unchanged' : 'applied',
    detail: origin.detail,
    rule: '',
    serialBefore: zone.serial,
    serialAfter: serial ?? zone.serial,
  }
}
