import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Identity, Transport } from '../../../shared/commands.ts'
import type { Database, ZoneEventTable } from '../../../shared/database/schema.ts'
import type { EventKind, ZoneEvent } from '../../../shared/events/zone-event.ts'

/**
 * Appends events; the caller holds the locks of their zones. A sequence number that is taken is a fault. `signedDigests` has
 * those of the events whose messages were signed, by command id.
 */
export async function insertEvents(
  trx: Transaction<Database>,
  events: readonly ZoneEvent[],
  signedDigests: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<void> {
  // one statement takes at most 65,535 parameters
  const rows = events.map((event) => rowFromEvent(event, signedDigests.get(event.commandId)))
  for (let start = 0; start < rows.length; start += 1_000)
    await trx
      .insertInto('zone_event')
      .values(rows.slice(start, start + 1_000))
      .execute()
}

/** As {@link insertEvents}, for events of which some may be there already; those stay as they are. */
export async function insertNewEvents(
  trx: Transaction<Database>,
  events: readonly ZoneEvent[],
  signedDigests: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const rows = events.map((event) => rowFromEvent(event, signedDigests.get(event.commandId)))
  await trx
    .insertInto('zone_event')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Events of a zone with sequence numbers in (after, upTo], oldest first. */
export async function eventsAfter(
  db: Kysely<Database>,
  zoneId: number,
  after: number,
  limit: number,
): Promise<ZoneEvent[]> {
  const rows = await db
    .selectFrom('zone_event')
    .selectAll()
    .where('zone_id', '=', zoneId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map(eventFromRow)
}

/** Numbers and sizes of the events after a sequence number, oldest first, without loading them. */
export async function eventSizesAfter(
  db: Kysely<Database>,
  zoneId: number,
  after: number,
  limit: number,
): Promise<{ seq: number; octets: number }[]> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', sql<number>`octet_length(message) + octet_length(diff)`.as('octets')])
    .where('zone_id', '=', zoneId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
}

/** The newest events of a zone before a sequence number, newest first. */
export async function newestEvents(
  db: Kysely<Database>,
  zoneId: number,
  limit: number,
  before?: number,
): Promise<ZoneEvent[]> {
  let query = db.selectFrom('zone_event').selectAll().where('zone_id', '=', zoneId)
  if (before !== undefined) query = query.where('seq', '<', before)
  const rows = await query.orderBy('seq', 'desc').limit(limit).execute()
  return rows.map(eventFromRow)
}

export function eventFromRow(row: Selectable<ZoneEventTable>): ZoneEvent {
  return {
    zoneId: row.zone_id,
    seq: row.seq,
    kind: row.kind as EventKind,
    commandId: row.command_id,
    fingerprint: row.fingerprint,
    receivedAt: row.received_at.getTime(),
    queuedAt: row.queued_at.getTime(),
    decidedAt: row.decided_at.getTime(),
    identity: row.identity as Identity,
    source: { address: row.source_address, port: row.source_port },
    transport: row.transport as Transport,
    edgeId: row.edge_id,
    message: row.message,
    rcode: row.rcode,
    section: row.section,
    reason: row.reason,
    detail: row.detail,
    rule: row.rule,
    serialBefore: row.serial_before,
    serialAfter: row.serial_after,
    diff: row.diff,
    previousHash: row.previous_hash,
    hash: row.hash,
  }
}

function rowFromEvent(event: ZoneEvent, signedDigest: Uint8Array | undefined): Insertable<ZoneEventTable> {
  return {
    zone_id: event.zoneId,
    seq: event.seq,
    kind: event.kind,
    command_id: event.commandId,
    fingerprint: Buffer.from(event.fingerprint),
    received_at: new Date(event.receivedAt),
    queued_at: new Date(event.queuedAt),
    decided_at: new Date(event.decidedAt),
    identity: event.identity,
    source_address: event.source.address,
    source_port: event.source.port,
    transport: event.transport,
    edge_id: event.edgeId,
    message: Buffer.from(event.message),
    rcode: event.rcode,
    section: event.section,
    reason: event.reason,
    detail: event.detail,
    rule: event.rule,
    serial_before: event.serialBefore,
    serial_after: event.serialAfter,
    diff: Buffer.from(event.diff),
    previous_hash: Buffer.from(event.previousHash),
    hash: Buffer.from(event.hash),
    signed_digest: signedDigest === undefined ? null : Buffer.from(signedDigest),
  }
}

/** Where the event of a command is; undefined when there is none. */
export async function placeOfCommand(
  db: Kysely<Database>,
  commandId: string,
): Promise<{ zone: string; seq: number } | undefined> {
  return await db
    .selectFrom('zone_event')
    .innerJoin('zone', 'zone.id', 'zone_event.zone_id')
    .select(['zone.name as zone', 'zone_event.seq'])
    .where('zone_event.command_id', '=', commandId)
    .executeTakeFirst()
}
