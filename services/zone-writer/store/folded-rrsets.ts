import { sql } from 'kysely'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { ChangedRRset } from '../../../shared/zone-contents.ts'
import type { DbTransaction } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'

/** RRsets that a history is folded into, beside those that are stored: a table of the transaction. */

interface FoldedRow {
  owner_as_given: string
  type: number
  ttl: number
  rdata: Buffer[]
}

/** Prepares the transaction for a long fold. Nothing of the zone itself is locked. */
export async function openFold(trx: DbTransaction): Promise<void> {
  await sql`
    select set_config('statement_timeout', '30min', true),
           set_config('idle_in_transaction_session_timeout', '10min', true),
           set_config('work_mem', '64MB', true),
           set_config('jit', 'off', true)`.execute(trx)
  await sql`
    create temp table folded_rrset (
      owner text collate "C" not null,
      type integer not null,
      owner_as_given text collate "C" not null,
      ttl bigint not null,
      rdata bytea[] not null,
      primary key (owner, type)
    ) on commit drop`.execute(trx)
}

/** Makes room for another zone in the same transaction. */
export async function emptyFold(trx: DbTransaction): Promise<void> {
  await sql`truncate folded_rrset`.execute(trx)
}

export async function loadFolded(
  trx: DbTransaction,
  keys: readonly { readonly name: Name; readonly type: number }[],
): Promise<RRset[]> {
  const { rows } = await sql<FoldedRow>`
    select f.owner_as_given, f.type, f.ttl, f.rdata
    from unnest(${keys.map(({ name }) => name)}::text[], ${keys.map(({ type }) => type)}::integer[]) as wanted (owner, type)
    join folded_rrset f on f.owner = wanted.owner collate "C" and f.type = wanted.type`.execute(trx)
  return rows.map(fromRow)
}

/** Keeps RRsets as they are now; those without records go. */
export async function saveFolded(trx: DbTransaction, changed: readonly ChangedRRset[]): Promise<void> {
  const gone = changed.filter(({ rrset }) => rrset === undefined)
  if (gone.length > 0)
    await sql`
      delete from folded_rrset f
      using unnest(${gone.map(({ name }) => name)}::text[], ${gone.map(({ type }) => type)}::integer[]) as g (owner, type)
      where f.owner = g.owner collate "C" and f.type = g.type`.execute(trx)
  const kept = changed.flatMap(({ name, rrset }) => (rrset === undefined ? [] : [{ owner: name, rrset }]))
  if (kept.length === 0) return
  await sql`
    insert into folded_rrset
    select k.owner, k.type, k.name, k.ttl, k.rdata::bytea[]
    from unnest(
      ${kept.map(({ owner }) => owner)}::text[], ${kept.map(({ rrset }) => rrset.type)}::integer[],
      ${kept.map(({ rrset }) => rrset.name)}::text[], ${kept.map(({ rrset }) => rrset.ttl)}::bigint[],
      ${kept.map(({ rrset }) => octetsText(rrset.rdata))}::text[]
    ) as k (owner, type, name, ttl, rdata)
    on conflict (owner, type) do update
    set owner_as_given = excluded.owner_as_given, ttl = excluded.ttl, rdata = excluded.rdata`.execute(trx)
}

/** As Postgres writes a bytea[]: one text for each set is read much faster than an array of arrays. */
function octetsText(rdata: readonly Uint8Array[]): string {
  return `{${rdata.map((one) => `"\\\\x${Buffer.from(one).toString('hex')}"`).join(',')}}`
}

/** In the order of owner and type. */
export async function* foldedRRsets(trx: DbTransaction): AsyncGenerator<readonly RRset[]> {
  const query = sql`select owner_as_given, type, ttl, rdata from folded_rrset order by owner, type`
  for await (const rows of rowsOf<FoldedRow>(trx, 'folded', query)) yield rows.map(fromRow)
}

export async function countFolded(trx: DbTransaction): Promise<{ rrsets: number; records: number }> {
  await sql`analyze folded_rrset`.execute(trx)
  const { rows } = await sql<{ rrsets: number; records: number }>`
    select count(*) as rrsets, coalesce(sum(cardinality(rdata)), 0)::bigint as records from folded_rrset`.execute(
    trx,
  )
  return rows[0]!
}

/** How a stored RRset differs from history: it is missing, it is one too many, or which of its columns is another. */
export type Difference = 'missing' | 'too-many' | 'owner' | 'ttl' | 'rdata'

export interface DifferingRRset {
  readonly owner: string
  readonly type: number
  readonly differs: Difference
}

/** Compares what was folded with what is stored, octet for octet, and keeps what differs for {@link putRight}. */
export async function compareFolded(
  trx: DbTransaction,
  zoneId: number,
  limit: number,
): Promise<{ count: number; first: DifferingRRset[] }> {
  await sql`drop table if exists differing_rrset`.execute(trx)
  await sql`
    create temp table differing_rrset on commit drop as
    select coalesce(f.owner, r.owner) as owner, coalesce(f.type, r.type) as type,
           case when r.owner is null then 'missing' when f.owner is null then 'too-many'
                when f.owner_as_given <> r.owner_as_given then 'owner' when f.ttl <> r.ttl then 'ttl' else 'rdata' end as differs
    from folded_rrset f
    full join (select * from rrset where zone_id = ${zoneId}) r on f.owner = r.owner and f.type = r.type
    where (f.owner_as_given = r.owner_as_given and f.ttl = r.ttl and f.rdata = r.rdata) is not true`.execute(
    trx,
  )
  const { rows } = await sql<DifferingRRset & { count: number }>`
    select owner, type, differs, count(*) over () as count from differing_rrset order by owner, type limit ${limit}`.execute(
    trx,
  )
  return {
    count: rows[0]?.count ?? 0,
    first: rows.map(({ owner, type, differs }) => ({ owner, type, differs })),
  }
}

/** Stores what {@link compareFolded} found to differ as history has it. The caller holds the zone's lock. */
export async function putRight(trx: DbTransaction, zoneId: number): Promise<void> {
  // a lease is for the value that somebody put there
  await sql`
    delete from leased_value l using differing_rrset d
    where l.zone_id = ${zoneId} and l.owner = d.owner and l.type = d.type`.execute(trx)
  await sql`
    delete from rrset using differing_rrset d
    where rrset.zone_id = ${zoneId} and rrset.owner = d.owner and rrset.type = d.type`.execute(trx)
  await sql`
    insert into rrset (zone_id, owner, type, owner_as_given, ttl, rdata)
    select ${zoneId}::bigint, f.owner, f.type, f.owner_as_given, f.ttl, f.rdata
    from folded_rrset f join differing_rrset d on f.owner = d.owner and f.type = d.type`.execute(trx)
}

function fromRow({ owner_as_given, type, ttl, rdata }: FoldedRow): RRset {
  return { name: owner_as_given as GivenName, type, ttl, rdata }
}
