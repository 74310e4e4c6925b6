import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database, ZoneTable } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'

export type Db = Kysely<Database>
export type DbTransaction = Transaction<Database>

export interface ZoneSummary {
  readonly id: number
  readonly name: Name
  readonly seq: number
  readonly serial: number
  readonly createdAt: Date
}

/** Commits when `work` is done and leaves nothing when it throws. Inside of {@link inUndoneTransaction} it is a part of that. */
export async function inTransaction<T>(db: Db, work: (trx: DbTransaction) => Promise<T>): Promise<T> {
  if (db.isTransaction) return await work(db as DbTransaction)
  return await db.transaction().execute(work)
}

/** Nothing stays of what `work` writes, whichever transactions it opens. */
export async function inUndoneTransaction<T>(db: Db, work: (trx: DbTransaction) => Promise<T>): Promise<T> {
  const trx = await db.startTransaction().execute()
  try {
    return await work(trx)
  } finally {
    await trx.rollback().execute()
  }
}

/** Everything that `work` reads is of one moment. */
export async function inSnapshot<T>(db: Db, work: (trx: DbTransaction) => Promise<T>): Promise<T> {
  return await db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work)
}

/** As {@link inSnapshot} for what is read bit by bit: the snapshot lasts until the generator ends or is left. */
export async function* inLongSnapshot<T>(
  db: Db,
  read: (trx: DbTransaction) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const trx = await db
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute()
  try {
    yield* read(trx)
  } finally {
    await trx.rollback().execute()
  }
}

/** Work that is done bit by bit in one transaction, which commits when the generator is through, and leaves nothing otherwise. */
export async function* inLongTransaction<T>(
  db: Db,
  isolation: 'repeatable read' | 'read committed',
  work: (trx: DbTransaction) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const trx = await db.startTransaction().setIsolationLevel(isolation).execute()
  let isDone = false
  try {
    yield* work(trx)
    await trx.commit().execute()
    isDone = true
  } finally {
    if (!isDone) await trx.rollback().execute()
  }
}

/** Claims a name for a new zone that has no events yet; undefined when a zone of that name exists. */
export async function insertZone(
  trx: DbTransaction,
  name: Name,
  hash: Uint8Array,
): Promise<number | undefined> {
  const row = await trx
    .insertInto('zone')
    .values({ name, seq: 0, serial: 0, hash: Buffer.from(hash) })
    .onConflict((conflict) => conflict.column('name').where('deleted_at', 'is', null).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

export async function findZone(db: Db, name: Name): Promise<ZoneSummary | undefined> {
  const row = await living(db).where('name', '=', name).executeTakeFirst()
  return row && fromRow(row)
}

export async function findZoneById(db: Db, id: number): Promise<ZoneSummary | undefined> {
  const row = await living(db).where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

/** A zone that may be deleted; its history stays. */
export interface ZoneWithHistory extends ZoneSummary {
  readonly deletedAt: Date | undefined
}

/** Living or deleted. */
export async function findAnyZone(db: Db, id: number): Promise<ZoneWithHistory | undefined> {
  const row = await everyZone(db).where('id', '=', id).executeTakeFirst()
  return row && withHistory(row)
}

/** Which deleted zones are wanted; what is left out does not matter. */
export interface DeletedZonesQuery {
  readonly name?: Name
  readonly search?: string | undefined
  /** Id of the last one of the page before. */
  readonly after?: number
  /** Those that were deleted last come first. */
  readonly newest?: boolean
  readonly limit: number
  readonly names?: readonly string[] | undefined
}

/** Deleted zones, in the order of their ids, or of their deletion. */
export async function deletedZones(
  db: Db,
  { name, search, after = 0, newest = false, limit, names }: DeletedZonesQuery,
): Promise<ZoneWithHistory[]> {
  let query = everyZone(db).where('deleted_at', 'is not', null)
  if (name !== undefined) query = query.where('name', '=', name)
  if (search !== undefined) query = query.where(sql<boolean>`position(lower(${search}::text) in name) > 0`)
  if (names !== undefined) query = query.where('name', '=', sql<string>`any(${names}::text[])`)
  if (!newest) query = query.where('id', '>', after).orderBy('id')
  else {
    if (after > 0)
      query = query.where(
        sql<boolean>`(deleted_at, id) < (select z.deleted_at, z.id from zone z where z.id = ${after})`,
      )
    query = query.orderBy('deleted_at', 'desc').orderBy('id', 'desc')
  }
  return (await query.limit(limit).execute()).map(withHistory)
}

/** Who deleted these zones, by id: whom the last event of each names. */
export async function deletedBy(
  db: Db,
  zones: readonly Pick<ZoneSummary, 'id' | 'seq'>[],
): Promise<Map<number, string>> {
  const [ids, numbers] = [zones.map(({ id }) => id), zones.map(({ seq }) => seq)]
  const { rows } = await sql<{ id: number; identity: string }>`
    select z.id, e.identity
    from unnest(${ids}::bigint[], ${numbers}::bigint[]) as z (id, seq)
    join zone_event e on e.zone_id = z.id and e.seq = z.seq
    where e.kind = 'delete'`.execute(db)
  return new Map(rows.map(({ id, identity }) => [id, identity]))
}

function everyZone(db: Db) {
  return db.selectFrom('zone').select(['id', 'name', 'seq', 'serial', 'created_at', 'deleted_at'])
}

function withHistory(row: SummaryRow & { deleted_at: Date | null }): ZoneWithHistory {
  return { ...fromRow(row), deletedAt: row.deleted_at ?? undefined }
}

/** Which zones are wanted; what is left out does not matter. */
export interface ZonesWanted {
  /** Only names after this one. */
  readonly after?: string | undefined
  /** Only names with this in them. */
  readonly search?: string | undefined
  /** Only these. */
  readonly names?: readonly string[] | undefined
}

/** Zones in the order of their names as text. */
export async function zonePage(
  db: Db,
  limit: number,
  { after = '', search, names }: ZonesWanted = {},
): Promise<ZoneSummary[]> {
  let query = living(db).where('name', '>', after)
  if (search !== undefined) query = query.where(sql<boolean>`position(lower(${search}::text) in name) > 0`)
  if (names !== undefined) query = query.where('name', '=', sql<string>`any(${names}::text[])`)
  return (await query.orderBy('name').limit(limit).execute()).map(fromRow)
}

export async function allZones(db: Db): Promise<ZoneSummary[]> {
  const rows = await living(db).orderBy('id').execute()
  return rows.map(fromRow)
}

/** Whether there ever was a zone here. */
export async function hasZones(db: Db): Promise<boolean> {
  return (await db.selectFrom('zone').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** Resource records of these zones, by zone: as their rows have it, which is counted with each change, and only what is not known there. */
export async function countRecords(db: Db, zoneIds: readonly number[]): Promise<Map<number, number>> {
  const zones = await db
    .selectFrom('zone')
    .select(['id', 'record_count as records'])
    .where('id', '=', sql<number>`any(${zoneIds}::bigint[])`)
    .execute()
  const unknown = zones.filter(({ records }) => records === null).map(({ id }) => id)
  const counted = unknown.length === 0 ? new Map<number, number>() : await countStored(db, unknown)
  return new Map(zones.map(({ id, records }) => [id, records ?? counted.get(id) ?? 0]))
}

async function countStored(db: Db, zoneIds: readonly number[]): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('rrset')
    .select(['zone_id', sql<number>`sum(cardinality(rdata))::bigint`.as('records')])
    .where('zone_id', '=', sql<number>`any(${zoneIds}::bigint[])`)
    .groupBy('zone_id')
    .execute()
  return new Map(rows.map((row) => [row.zone_id, row.records]))
}

/** Resource records of a zone, by type. */
export async function countTypes(db: Db, zoneId: number): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('rrset')
    .select(['type', sql<number>`sum(cardinality(rdata))::bigint`.as('records')])
    .where('zone_id', '=', zoneId)
    .groupBy('type')
    .orderBy('type')
    .execute()
  return new Map(rows.map((row) => [row.type, row.records]))
}

/** How many zones there are, and how many events all zones ever had. */
export async function countAll(db: Db, names?: readonly Name[]): Promise<{ zones: number; events: number }> {
  return await db
    .selectFrom('zone')
    .select([
      sql<number>`count(*) filter (where deleted_at is null)`.as('zones'),
      sql<number>`coalesce(sum(seq), 0)::bigint`.as('events'),
    ])
    .$if(names !== undefined, (query) => query.where('name', '=', sql<string>`any(${names!}::text[])`))
    .executeTakeFirstOrThrow()
}

type SummaryRow = Pick<Selectable<ZoneTable>, 'id' | 'name' | 'seq' | 'serial' | 'created_at'>

function living(db: Db) {
  return db
    .selectFrom('zone')
    .select(['id', 'name', 'seq', 'serial', 'created_at'])
    .where('deleted_at', 'is', null)
}

function fromRow(row: SummaryRow): ZoneSummary {
  return { id: row.id, name: nameOf(row.name), seq: row.seq, serial: row.serial, createdAt: row.created_at }
}
