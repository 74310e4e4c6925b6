import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database, ZoneTable } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Rate, ZoneSettings } from '../../../shared/zone-settings.ts'
import { type PublishedPlace, type PublishedRange, publishedWith } from './published.ts'
import { AS_KNOWN, rowSource, run, type Statement } from './statement.ts'

/** A zone's row: the lock and the sequence number that make two writers safe. */
export interface ZoneHead {
  readonly id: number
  readonly name: Name
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  readonly deleted: boolean
}

/** A zone's row with its update rules in order, its settings, and how many records it has. */
export interface ZoneRow extends ZoneHead {
  /** As text, in order: one that cannot be read must fail the updates of its zone only. */
  readonly rules: readonly string[]
  /** How often its rules have been changed. */
  readonly rulesVersion: number
  readonly settings: ZoneSettings
  readonly recordCount: number
  /** All that decides updates and is not in the numbers above, as one text: what differs has been changed meanwhile. */
  readonly seen: string
}

const SETTINGS = [
  'serial_policy',
  'max_records',
  'max_records_per_rrset',
  'max_types_per_name',
  'max_updates_per_identity',
  'max_updates_seconds',
  'least_lease_seconds',
  'longest_lease_seconds',
] as const

/** Locks the rows of these zones in one order, so that two transactions cannot wait for each other. */
export async function lockZones(trx: Transaction<Database>, ids: readonly number[]): Promise<ZoneRow[]> {
  const rows = await run<LockedRow>(trx, lockingZones(ids))
  return await zonesFromRows(rows, (statement) => run(trx, statement))
}

/** What is done about rows that something else has locked: they are waited for, left out, or make the statement fail. */
export type WhereLocked = 'wait' | 'leave-out' | 'fail'

/** As {@link lockZones}; its rows are for {@link zonesFromRows}. */
export function lockingZones(ids: readonly number[], whereLocked: WhereLocked = 'wait'): Statement {
  if (whereLocked === 'leave-out')
    return { name: 'lock-free-zones', text: `${LOCK} skip locked`, values: [ids] }
  if (whereLocked === 'fail') return { name: 'lock-zones-at-once', text: `${LOCK} nowait`, values: [ids] }
  return { name: 'lock-zones', text: LOCK, values: [ids] }
}

/** Which of these zones there are, locked or not. */
export function findingZones(ids: readonly number[]): Statement {
  return { name: 'find-zones', text: 'select id from zone where id = any($1::bigint[])', values: [ids] }
}

type LockedRow = Pick<
  Selectable<ZoneTable>,
  | 'id'
  | 'name'
  | 'seq'
  | 'serial'
  | 'hash'
  | 'deleted_at'
  | 'record_count'
  | 'rules_version'
  | (typeof SETTINGS)[number]
> & { rules: string[]; seen_version: number | null; seen: string }

/** See {@link ZoneRow.seen}. */
export const SEEN = `row(${['name', 'deleted_at', 'rules_version', ...SETTINGS].map((column) => `zone.${column}`).join(', ')})::text`

// `seen_version` is of the moment at which the statement began, as the rules are
const LOCK = `
  select id, name, seq, serial, hash, deleted_at, record_count, rules_version, ${SETTINGS.join(', ')}, ${SEEN} as seen,
    array(select rule from update_rule where zone_id = zone.id order by position) as rules,
    (select seen.rules_version from zone as seen where seen.id = zone.id) as seen_version
  from zone where id = any($1::bigint[]) order by id for update`

/** What {@link lockingZones} found; asks for more where a zone was never counted or its rules were changed meanwhile. */
export async function zonesFromRows(
  found: readonly unknown[],
  ask: (statement: Statement) => Promise<unknown[]>,
): Promise<ZoneRow[]> {
  const rows = found as readonly LockedRow[]
  const counted = await countUncounted(rows, ask)
  const changed = await rulesChanged(rows, ask)
  return rows.map((row) => ({
    id: row.id,
    name: nameOf(row.name),
    seq: row.seq,
    serial: row.serial,
    hash: row.hash,
    deleted: row.deleted_at !== null,
    rules: changed.get(row.id) ?? row.rules,
    rulesVersion: row.rules_version,
    settings: settingsFrom(row),
    recordCount: row.record_count ?? counted.get(row.id) ?? 0,
    seen: row.seen,
  }))
}

/** Counts of zones that were never counted. A statement of its own: only one that begins after the locks sees what they waited for. */
async function countUncounted(
  rows: readonly LockedRow[],
  ask: (statement: Statement) => Promise<unknown[]>,
): Promise<ReadonlyMap<number, number>> {
  const uncounted = rows.filter((row) => row.record_count === null).map((row) => row.id)
  if (uncounted.length === 0) return new Map()
  const counts = await ask({ name: 'count-records', text: COUNT, values: [uncounted] })
  return new Map((counts as { id: number; records: number }[]).map(({ id, records }) => [id, records]))
}

/** Rules that were changed while we waited for the locks: a statement sees the rows it locks as they are now, all others as they were. */
async function rulesChanged(
  rows: readonly LockedRow[],
  ask: (statement: Statement) => Promise<unknown[]>,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const ids = rows.filter((row) => row.rules_version !== row.seen_version).map((row) => row.id)
  if (ids.length === 0) return new Map()
  const rules = await ask({ name: 'load-rules', text: RULES, values: [ids] })
  return new Map((rules as { id: number; rules: string[] }[]).map(({ id, rules: list }) => [id, list]))
}

const STORED_RECORDS =
  '(select coalesce(sum(cardinality(rdata)), 0)::bigint from rrset where zone_id = zone.id)'

const COUNT = `select id, ${STORED_RECORDS} as records from zone where id = any($1::bigint[])`

const RULES = `
  select id, array(select rule from update_rule where zone_id = zone.id order by position) as rules
  from zone where id = any($1::bigint[])`

/** The records of a row of `zone`, counted. */
const storedRecords = sql.raw<number>(STORED_RECORDS)

function settingsFrom(row: Pick<Selectable<ZoneTable>, (typeof SETTINGS)[number]>): ZoneSettings {
  return {
    serialPolicy: row.serial_policy,
    maxRecords: row.max_records,
    maxRecordsPerRrset: row.max_records_per_rrset,
    maxTypesPerName: row.max_types_per_name,
    maxUpdatesPerIdentity: { count: row.max_updates_per_identity, seconds: row.max_updates_seconds },
    leases: { least: row.least_lease_seconds, longest: row.longest_lease_seconds },
  }
}

/** Of a zone that is there. */
export async function readSettings(db: Kysely<Database>, zoneId: number): Promise<ZoneSettings> {
  const row = await db.selectFrom('zone').select(SETTINGS).where('id', '=', zoneId).executeTakeFirstOrThrow()
  return settingsFrom(row)
}

/** How many updates an identity may send, of those zones that limit it. */
export async function loadUpdateRates(
  db: Kysely<Database>,
  zoneIds: readonly number[],
): Promise<ReadonlyMap<number, Rate>> {
  const rows = await db
    .selectFrom('zone')
    .select(['id', 'max_updates_per_identity as count', 'max_updates_seconds as seconds'])
    .where('id', '=', sql<number>`any(${zoneIds}::bigint[])`)
    .where('max_updates_per_identity', '>', 0)
    .execute()
  return new Map(rows.map(({ id, ...rate }) => [id, rate]))
}

/** Changes the settings that are given, and counts the zone's records anew. The caller holds the zone's lock. */
export async function saveSettings(
  trx: Transaction<Database>,
  zoneId: number,
  settings: Partial<ZoneSettings>,
): Promise<void> {
  const columns = {
    serial_policy: settings.serialPolicy,
    max_records: settings.maxRecords,
    max_records_per_rrset: settings.maxRecordsPerRrset,
    max_types_per_name: settings.maxTypesPerName,
    max_updates_per_identity: settings.maxUpdatesPerIdentity?.count,
    max_updates_seconds: settings.maxUpdatesPerIdentity?.seconds,
    least_lease_seconds: settings.leases?.least,
    longest_lease_seconds: settings.leases?.longest,
  }
  await trx
    .updateTable('zone')
    .set({ ...columns, record_count: storedRecords })
    .where('id', '=', zoneId)
    .execute()
}

/** Where a zone has got to. */
export interface ZoneMove {
  /** The number of the event that it was at. */
  readonly from: number
  readonly last: ZoneEvent
  /** How many records it has now. Left out, they are counted, which takes long in a large zone. */
  readonly recordCount?: number
  /** What of its events is known to have reached NATS, if all before has. */
  readonly published?: PublishedRange | undefined
}

/** Moves zones on to their newest events. A zone that is no longer where this transaction saw it is a fault. */
export async function advanceZones(trx: Transaction<Database>, moves: readonly ZoneMove[]): Promise<void> {
  await run(trx, advancingZones(moves))
}

/** What {@link advancingZones} says of a zone that it moves on. */
export type MovedZone = Pick<PublishedPlace, 'id' | 'published'>

/** As {@link advanceZones}. Its rows are {@link MovedZone}s. */
export function advancingZones(moves: readonly ZoneMove[]): Statement {
  const rows = moves.map(({ from, last, recordCount, published }) => [
    last.zoneId,
    from,
    last.seq,
    last.serialAfter,
    last.hash,
    recordCount,
    published?.from,
    published?.to,
  ])
  const { form, text, values } = rowSource(MOVE_COLUMNS, rows)
  const advance = advancing(text(1))
  return {
    name: `advance-zones${form}`,
    text: `${advance} ${PLACES}`,
    asKnown: `${advance} and ${AS_KNOWN} ${PLACES}`,
    values,
  }
}

const PLACES = 'returning zone.id, zone.published_seq as published'
const MOVE_COLUMNS = ['bigint', 'bigint', 'bigint', 'bigint', 'bytea', 'bigint', 'bigint', 'bigint']

// a zone that has moved on meanwhile gets no number, which its column refuses, and the transaction fails
const advancing = (rows: string) => `
  update zone
  set seq = case when zone.seq = m.came_from then m.seq end,
    serial = m.serial, hash = m.hash, record_count = coalesce(m.record_count, ${STORED_RECORDS}),
    published_seq = ${publishedWith('zone', 'm')}
  from ${rows} as m (id, came_from, seq, serial, hash, record_count, published_from, published_to)
  where zone.id = m.id`

/**
 * Has a zone's row say what its newest event and its history say, whatever it said before. The caller holds the zone's lock and has
 * followed the history.
 */
export async function putHead(
  trx: Transaction<Database>,
  { zoneId, seq, serialAfter, hash }: ZoneEvent,
  recordCount: number,
): Promise<void> {
  await trx
    .updateTable('zone')
    .set({
      seq,
      serial: serialAfter,
      hash: Buffer.from(hash),
      record_count: recordCount,
      // of events that are not there, none can have been published
      published_seq: sql<number>`least(published_seq, ${seq - 1}::bigint)`,
    })
    .where('id', '=', zoneId)
    .execute()
}

/** Its row and history stay; its name is free. The caller holds the zone's lock. */
export async function markDeleted(trx: Transaction<Database>, zoneId: number, at: Date): Promise<void> {
  await trx.updateTable('zone').set({ deleted_at: at }).where('id', '=', zoneId).execute()
}

/** The number of a zone's newest event, deleted or not, undefined where there is none; and the highest id that was given out. */
export async function placeOfZone(
  db: Kysely<Database>,
  zoneId: number,
): Promise<{ readonly seq: number | undefined; readonly newestZoneId: number }> {
  const { rows } = await sql<{ seq: number | null; newest: number | null }>`
    select (select seq from zone where id = ${zoneId}) as seq,
           pg_sequence_last_value(pg_get_serial_sequence('zone', 'id')::regclass) as newest`.execute(db)
  const { seq, newest } = rows[0]!
  return { seq: seq ?? undefined, newestZoneId: newest ?? 0 }
}
