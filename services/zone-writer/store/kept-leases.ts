import { type Selectable, sql } from 'kysely'
import type { LeasedValueTable } from '../../../shared/database/schema.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import type { LeasedValue, ValueKey } from '../decide/zone-leases.ts'
import type { Db, DbTransaction } from './admin-zones.ts'

/** Leases as the administration and the ends of leases see them; batches have statements of their own (leases.ts). */

/** A lease, and who keeps its value whether it is refreshed or not. */
export interface KeptLease extends LeasedValue {
  readonly heldBy: string | null
}

function fromRow(row: Selectable<LeasedValueTable>): KeptLease {
  const { owner, type, value, seq, lease_seconds: seconds, expires_at, held_by: heldBy } = row
  return { owner: nameOf(owner), type, value, seq, seconds, expiresAt: expires_at.getTime(), heldBy }
}

/** Where a page of leases goes on: after this value. */
export type LeasePlace = Pick<ValueKey, 'owner' | 'type'> & { readonly value: Buffer }

/** Leases of a zone, or of one name of it, by name, type and value. */
export async function leasePage(
  db: Db,
  zoneId: number,
  { owner, after, limit }: { owner?: Name; after?: LeasePlace; limit: number },
): Promise<KeptLease[]> {
  let query = db.selectFrom('leased_value').selectAll().where('zone_id', '=', zoneId)
  if (owner !== undefined) query = query.where('owner', '=', owner)
  if (after !== undefined)
    query = query.where(
      sql<boolean>`(owner, type, value) > (${after.owner} collate "C", ${after.type}::integer, ${after.value}::bytea)`,
    )
  const rows = await query.orderBy('owner').orderBy('type').orderBy('value').limit(limit).execute()
  return rows.map(fromRow)
}

/** Leases at these names of a zone. */
export async function leasesAt(db: Db, zoneId: number, owners: readonly Name[]): Promise<KeptLease[]> {
  const rows = await db
    .selectFrom('leased_value')
    .selectAll()
    .where('zone_id', '=', zoneId)
    .where('owner', '=', sql<string>`any(${owners}::text[])`)
    .execute()
  return rows.map(fromRow)
}

export interface LeaseCounts {
  readonly running: number
  readonly held: number
  /** When the next one ends that nobody holds. */
  readonly nextAt: Date | null
}

export async function countLeases(db: Db, zoneId: number): Promise<LeaseCounts> {
  return await db
    .selectFrom('leased_value')
    .select([
      sql<number>`count(*) filter (where held_by is null)`.as('running'),
      sql<number>`count(*) filter (where held_by is not null)`.as('held'),
      sql<Date | null>`min(expires_at) filter (where held_by is null)`.as('nextAt'),
    ])
    .where('zone_id', '=', zoneId)
    .executeTakeFirstOrThrow()
}

/** Has somebody hold the leased values of a name, or of one type of it. Tells how many were not held before. */
export async function holdLeases(
  trx: DbTransaction,
  zoneId: number,
  { owner, type }: { owner: Name; type: number | undefined },
  by: string,
): Promise<number> {
  let query = trx
    .updateTable('leased_value')
    .set({ held_by: by })
    .where('zone_id', '=', zoneId)
    .where('owner', '=', owner)
    .where('held_by', 'is', null)
  if (type !== undefined) query = query.where('type', '=', type)
  return Number((await query.executeTakeFirst()).numUpdatedRows)
}

/** Lets held values go: each gets a whole lease from `now` on, so that its client has the time to refresh it. Tells how many. */
export async function releaseLeases(
  trx: DbTransaction,
  zoneId: number,
  { owner, type }: { owner: Name; type: number | undefined },
  now: number,
): Promise<number> {
  const anew = sql<Date>`greatest(expires_at, ${new Date(now)}::timestamptz + make_interval(secs => lease_seconds))`
  let query = trx
    .updateTable('leased_value')
    .set({ held_by: null, expires_at: anew })
    .where('zone_id', '=', zoneId)
    .where('owner', '=', owner)
    .where('held_by', 'is not', null)
  if (type !== undefined) query = query.where('type', '=', type)
  return Number((await query.executeTakeFirst()).numUpdatedRows)
}

/** The rest of the transaction waits for a lock no longer than that. */
export async function waitForLocks(trx: DbTransaction, ms: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${ms}ms`}, true)`.execute(trx)
}

/** Makes every value of a zone static; tells how many had a lease. */
export async function endAllLeases(trx: DbTransaction, zoneId: number): Promise<number> {
  const ended = await trx.deleteFrom('leased_value').where('zone_id', '=', zoneId).executeTakeFirst()
  return Number(ended.numDeletedRows)
}

export async function endLeases(
  trx: DbTransaction,
  zoneId: number,
  keys: readonly ValueKey[],
): Promise<void> {
  await sql`
    delete from leased_value l
    using unnest(
      ${keys.map(({ owner }) => owner)}::text[], ${keys.map(({ type }) => type)}::integer[],
      ${keys.map(({ value }) => Buffer.from(value))}::bytea[]
    ) as g (owner, type, value)
    where l.zone_id = ${zoneId} and l.owner = g.owner collate "C" and l.type = g.type and l.value = g.value`.execute(
    trx,
  )
}

/** Whether any value of a zone has a lease. */
export async function hasLeases(db: Db, zoneId: number): Promise<boolean> {
  const [row] = await db
    .selectFrom('leased_value')
    .select('seq')
    .where('zone_id', '=', zoneId)
    .limit(1)
    .execute()
  return row !== undefined
}

/** Leases that are over and that nobody holds, the oldest first. `since`: see lease-watch.ts. */
export async function dueLeases(
  trx: DbTransaction,
  zoneId: number,
  { now, since, limit }: { now: number; since: number; limit: number },
): Promise<KeptLease[]> {
  const rows = await trx
    .selectFrom('leased_value')
    .selectAll()
    .where('zone_id', '=', zoneId)
    .where('held_by', 'is', null)
    .where('expires_at', '<=', new Date(now))
    .where(
      sql<boolean>`${new Date(since)}::timestamptz + make_interval(secs => lease_seconds) <= ${new Date(now)}::timestamptz`,
    )
    .orderBy('expires_at')
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}
