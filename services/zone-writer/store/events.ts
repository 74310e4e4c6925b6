import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Identity, Transport } from '../../../shared/commands.ts'
import type { Database, ZoneEventTable } from '../../../shared/database/schema.ts'
import type { EventKind, ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Outcome } from '../../../shared/messaging/outcome-codec.ts'
import { AS_KNOWN, rowSource, run, type Statement } from './statement.ts'

/** A statement with very many would hold up everything else while it is put together. */
const AT_ONCE = 1_000

/**
 * Appends events; the caller holds the locks of their zones. A sequence number that is taken is a fault. `signedDigests` has
 * those of the events whose messages were signed, by command id.
 */
export async function insertEvents(
  trx: Transaction<Database>,
  events: readonly ZoneEvent[],
  signedDigests: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<void> {
  for (let start = 0; start < events.length; start += AT_ONCE)
    await run(trx, insertingEvents(events.slice(start, start + AT_ONCE), signedDigests))
}

/** As {@link insertEvents}, for events of which some may be there already; those stay as they are. */
export async function insertNewEvents(
  trx: Transaction<Database>,
  events: readonly ZoneEvent[],
  signedDigests: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const { name, text, values } = insertingEvents(events, signedDigests)
  if (events.length > 0)
    await run(trx, { name: `${name}-new`, text: `${text} on conflict do nothing`, values })
}

/** As {@link insertEvents}. */
export function insertingEvents(
  events: readonly ZoneEvent[],
  signedDigests: ReadonlyMap<string, Uint8Array>,
): Statement {
  const rows = events.map((event) => [
    ...COLUMNS.map(([, , value]) => value(event)),
    signedDigests.get(event.commandId),
  ])
  const { form, text, values } = rowSource(TYPES, rows)
  const insert = `${INSERT} ${text(1)} as e (${NAMES})`
  return {
    name: `insert-events${form}`,
    text: insert,
    asKnown: `${insert} where ${AS_KNOWN}`,
    values,
  }
}

/** Each column of an event, the type of its values in an array, and its value. */
const COLUMNS: readonly (readonly [keyof ZoneEventTable, string, (event: ZoneEvent) => unknown])[] = [
  ['zone_id', 'bigint', ({ zoneId }) => zoneId],
  ['seq', 'bigint', ({ seq }) => seq],
  ['kind', 'text', ({ kind }) => kind],
  ['command_id', 'uuid', ({ commandId }) => commandId],
  ['fingerprint', 'bytea', ({ fingerprint }) => fingerprint],
  ['received_at', 'timestamptz', ({ receivedAt }) => instant(receivedAt)],
  ['queued_at', 'timestamptz', ({ queuedAt }) => instant(queuedAt)],
  ['decided_at', 'timestamptz', ({ decidedAt }) => instant(decidedAt)],
  ['identity', 'text', ({ identity }) => identity],
  ['source_address', 'text', ({ source }) => source.address],
  ['source_port', 'integer', ({ source }) => source.port],
  ['transport', 'text', ({ transport }) => transport],
  ['edge_id', 'text', ({ edgeId }) => edgeId],
  ['message', 'bytea', ({ message }) => message],
  ['rcode', 'integer', ({ rcode }) => rcode],
  ['section', 'text', ({ section }) => section],
  ['reason', 'text', ({ reason }) => reason],
  ['detail', 'text', ({ detail }) => detail],
  ['rule', 'text', ({ rule }) => rule],
  ['serial_before', 'bigint', ({ serialBefore }) => serialBefore],
  ['serial_after', 'bigint', ({ serialAfter }) => serialAfter],
  ['diff', 'bytea', ({ diff }) => diff],
  ['previous_hash', 'bytea', ({ previousHash }) => previousHash],
  ['hash', 'bytea', ({ hash }) => hash],
]

/** By name: a statement that is planned once must not change when a column is added. */
export const EVENT_COLUMNS = COLUMNS.map(([name]) => name)

const instant = (ms: number): Date => new Date(ms)

const TYPES = [...COLUMNS.map(([, type]) => type), 'bytea']
const NAMES = [...EVENT_COLUMNS, 'signed_digest'].join(', ')
const INSERT = `insert into zone_event (${NAMES}) select * from`

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

/** Undefined while there is none. */
export async function eventOfCommand(
  db: Kysely<Database>,
  commandId: string,
): Promise<ZoneEvent | undefined> {
  const row = await db
    .selectFrom('zone_event')
    .selectAll()
    .where('command_id', '=', commandId)
    .executeTakeFirst()
  return row && eventFromRow(row)
}

/**
 * What became of commands, those left out that have no event. An event may be seen that a synchronous standby does not have, where a
 * connection ended while it was waited for; so this waits for all that is in the log by now (P1).
 */
export async function outcomesOf(db: Kysely<Database>, commandIds: readonly string[]): Promise<Outcome[]> {
  return await db.transaction().execute(async (trx) => {
    const rows = await trx
      .selectFrom('zone_event')
      .select(['command_id as commandId', 'zone_id as zoneId', 'seq', 'seq as eventSeq'])
      .select(['rcode', 'reason', 'detail'])
      .where('command_id', '=', sql<string>`any(${commandIds}::uuid[])`)
      .execute()
    if (rows.length > 0) await sql`select pg_logical_emit_message(true, 'zonelog', '')`.execute(trx)
    return rows
  })
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
