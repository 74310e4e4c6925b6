import { createHash, randomUUID } from 'node:crypto'
import { Rcode } from '../../../../shared/dns/codes.ts'
import { chainEvent } from '../../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import { type Db, inTransaction } from '../../store/admin-zones.ts'
import { insertEvents } from '../../store/events.ts'
import { advanceZones, lockZones } from '../../store/zones.ts'

export interface Alarm {
  readonly zoneId: number
  readonly reason: string
  readonly detail: string
  readonly writerId: string
  /** Ms since the epoch. */
  readonly now: number
}

/** Adds an event to a zone's history that says what was found; contents and serial stay. Undefined when the zone is gone. */
export async function recordAlarm(db: Db, alarm: Alarm): Promise<ZoneEvent | undefined> {
  return await inTransaction(db, async (trx) => {
    const [zone] = await lockZones(trx, [alarm.zoneId])
    if (zone === undefined || zone.deleted) return undefined
    const commandId = randomUUID()
    const event = chainEvent(
      {
        zoneId: zone.id,
        seq: zone.seq + 1,
        kind: 'alarm',
        commandId,
        fingerprint: createHash('sha256').update(commandId).digest(),
        receivedAt: alarm.now,
        queuedAt: alarm.now,
        decidedAt: alarm.now,
        identity: 'system',
        source: { address: '', port: 0 },
        transport: 'api',
        edgeId: alarm.writerId,
        message: new Uint8Array(),
        rcode: Rcode.NOERROR,
        section: '',
        reason: alarm.reason,
        detail: alarm.detail,
        rule: '',
        serialBefore: zone.serial,
        serialAfter: zone.serial,
        diff: new Uint8Array(),
      },
      zone.hash,
    )
    await insertEvents(trx, [event])
    await advanceZones(trx, [{ from: zone.seq, last: event, recordCount: zone.recordCount }])
    return event
  })
}
