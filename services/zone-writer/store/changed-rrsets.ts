import { type RawBuilder, sql } from 'kysely'
import { Type } from '../../../shared/dns/codes.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { DbTransaction } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'

/** RRsets of one owner and type that differ: as stored and as staged. Undefined where there is none. */
export interface ChangedRRset {
  readonly owner: Name
  readonly type: number
  readonly before: RRset | undefined
  readonly after: RRset | undefined
}

interface ChangedRow {
  owner: Name
  type: number
  owner_before: string | null
  ttl_before: number
  rdata_before: Buffer[]
  owner_after: string | null
  ttl_after: number
  rdata_after: Buffer[]
}

/**
 * Compares what is staged with the zone as it is stored (`zoneId` undefined: with nothing), octet for octet and without the
 * SOA, and keeps what differs for {@link changedRRsets} and {@link applyChanges}.
 */
export async function compareStaged(trx: DbTransaction, zoneId: number | undefined): Promise<void> {
  await sql`
    create temp table changed_rrset on commit drop as
    select coalesce(s.owner, r.owner) as owner, coalesce(s.type, r.type) as type,
           r.owner_as_given as owner_before, r.ttl as ttl_before, r.rdata as rdata_before,
           s.owner_as_given as owner_after, s.ttl as ttl_after, s.rdata as rdata_after
    from staged_rrset s
    full join (select * from rrset where zone_id = ${zoneId ?? null}::bigint) r on s.owner = r.owner and s.type = r.type
    where (s.ttl = r.ttl and s.rdata = r.rdata) is not true and coalesce(s.type, r.type) <> ${Type.SOA}
    order by 1, 2`.execute(trx)
  await openMerged(trx)
}

/** What remains of sets that lose and gain some of their records. */
async function openMerged(trx: DbTransaction): Promise<void> {
  await sql`
    create temp table merged_rrset (
      owner text collate "C" not null,
      type integer not null,
      owner_as_given text collate "C" not null,
      ttl bigint not null,
      rdata bytea[] not null
    ) on commit drop`.execute(trx)
}

/** Takes changes that were found elsewhere, instead of {@link compareStaged}: a place for {@link keepChanges}. */
export async function openChanges(trx: DbTransaction): Promise<void> {
  await sql`
    create temp table changed_rrset (
      owner text collate "C" not null,
      type integer not null,
      owner_before text collate "C",
      ttl_before bigint,
      rdata_before bytea[],
      owner_after text collate "C",
      ttl_after bigint,
      rdata_after bytea[]
    ) on commit drop`.execute(trx)
  await openMerged(trx)
}

/** As many as {@link keepChanges} is best called with. */
export const CHANGES_AT_ONCE = 1_000

/** Keeps RRsets that are to change, none of them an SOA, for {@link changedRRsets} and {@link applyChanges}. */
export async function keepChanges(trx: DbTransaction, changes: readonly ChangedRRset[]): Promise<void> {
  if (changes.length === 0) return
  // a few long texts are read much faster than so many parameters
  const texts = (text: (change: ChangedRRset) => string) =>
    sql`string_to_array(${changes.map(text).join('\n')}::text, E'\n')`
  const numbers = (number: (change: ChangedRRset) => number) => `{${changes.map(number).join(',')}}`
  const half = (of: 'before' | 'after') => sql`
    ${texts((change) => change[of]?.name ?? '')}, ${numbers((change) => change[of]?.ttl ?? 0)}::bigint[],
    ${texts((change) => hexOf(change[of]?.rdata ?? []))}`
  await sql`
    insert into changed_rrset
    select owner, type, nullif(owner_before, ''), ttl_before, ${octetsOf('rdata_before')},
           nullif(owner_after, ''), ttl_after, ${octetsOf('rdata_after')}
    from unnest(
      ${texts(({ owner }) => owner)}, ${numbers(({ type }) => type)}::integer[], ${half('before')}, ${half('after')}
    ) with ordinality as c (owner, type, owner_before, ttl_before, rdata_before, owner_after, ttl_after, rdata_after, n)
    order by n`.execute(trx)
}

/** Each value in hex behind an x, so that one without octets is one as well. */
function hexOf(rdata: readonly Uint8Array[]): string {
  return rdata.map((one) => `x${Buffer.from(one).toString('hex')}`).join(',')
}

function octetsOf(column: string): RawBuilder<Buffer[]> {
  return sql`(
    select array_agg(decode(substr(value, 2), 'hex') order by place)
    from string_to_table(${sql.ref(`c.${column}`)}, ',') with ordinality as one (value, place))`
}

/** In the order of owner and type, or in that of {@link keepChanges}. */
export async function* changedRRsets(trx: DbTransaction): AsyncGenerator<ChangedRRset> {
  for await (const rows of rowsOf<ChangedRow>(trx, 'changed', sql`select * from changed_rrset`))
    for (const row of rows) yield fromRow(row)
}

function fromRow(row: ChangedRow): ChangedRRset {
  const { owner, type } = row
  const set = (name: string | null, ttl: number, rdata: Buffer[]): RRset | undefined =>
    name === null ? undefined : { name: name as GivenName, type, ttl, rdata }
  return {
    owner,
    type,
    before: set(row.owner_before, row.ttl_before, row.rdata_before),
    after: set(row.owner_after, row.ttl_after, row.rdata_after),
  }
}

/** Sets that are to be stored otherwise than they were staged. */
export async function keepMerged(
  trx: DbTransaction,
  sets: readonly { owner: Name; rrset: RRset }[],
): Promise<void> {
  if (sets.length === 0) return
  const rows = sets.map(
    ({ owner, rrset }) =>
      sql`(${owner}::text, ${rrset.type}::integer, ${rrset.name}::text, ${rrset.ttl}::bigint, ${rrset.rdata.map((one) => Buffer.from(one))}::bytea[])`,
  )
  await sql`insert into merged_rrset values ${sql.join(rows)}`.execute(trx)
}

/** An RRset that is to change and is not stored as it was thought to be. */
export interface MistakenRRset {
  readonly owner: Name
  readonly type: number
}

/** The first RRset of which what is stored is not, octet for octet, what the change begins with; undefined when all are. */
export async function firstMistaken(trx: DbTransaction, zoneId: number): Promise<MistakenRRset | undefined> {
  const isMistaken = sql<boolean>`
    (r.owner_as_given = c.owner_before and r.ttl = c.ttl_before and r.rdata = c.rdata_before) is not true
    and (r.owner is not null or c.owner_before is not null)`
  const { rows } = (await isForFew(trx))
    ? await sql<MistakenRRset>`
        select c.owner, c.type from changed_rrset c
        left join lateral (
          select * from rrset r where r.zone_id = ${zoneId} and r.owner = c.owner and r.type = c.type offset 0
        ) r on true
        where ${isMistaken} limit 1`.execute(trx)
    : await withoutLoops(trx, async () =>
        sql<MistakenRRset>`
          select c.owner, c.type from changed_rrset c
          left join rrset r on r.zone_id = ${zoneId} and r.owner = c.owner and r.type = c.type
          where ${isMistaken} limit 1`.execute(trx),
      )
  return rows[0]
}

/**
 * Stores what {@link compareStaged} found and {@link keepMerged} made of it. RRsets that are not there to be changed are a fault: the event
 * would say what did not happen.
 */
export async function applyChanges(trx: DbTransaction, zoneId: number): Promise<void> {
  const { rows } = await sql<{ gone: number; other: number }>`
    select count(*) filter (where owner_before is not null and owner_after is null)::integer as gone,
           count(*) filter (where owner_before is not null and owner_after is not null)::integer as other
    from changed_rrset`.execute(trx)
  const wanted = rows[0]!
  const found = (await isForFew(trx)) ? await replaceFew(trx, zoneId) : await replaceMany(trx, zoneId)
  if (found.gone !== BigInt(wanted.gone) || found.other !== BigInt(wanted.other))
    throw new Error(
      `of zone ${zoneId}, ${found.gone} RRsets were there to be removed and ${found.other} to be replaced, not ${wanted.gone} and ${wanted.other}`,
    )
  // one that is there already violates the primary key
  await sql`
    insert into rrset (zone_id, owner, type, owner_as_given, ttl, rdata)
    select ${zoneId}::bigint, owner, type, owner_after, ttl_after, rdata_after
    from changed_rrset where owner_before is null`.execute(trx)
}

/** For so many the zone, which may be large, is not read as a whole. */
const FEW_CHANGES = 10_000

async function isForFew(trx: DbTransaction): Promise<boolean> {
  const { rows } = await sql<{ changes: number }>`select count(*) as changes from changed_rrset`.execute(trx)
  return rows[0]!.changes <= FEW_CHANGES
}

/** RRsets that were removed, and that were replaced. */
interface Replaced {
  readonly gone: bigint | undefined
  readonly other: bigint | undefined
}

/** One step of the index for each, whatever the statistics say. */
async function replaceFew(trx: DbTransaction, zoneId: number): Promise<Replaced> {
  const place = sql`
    cross join lateral (
      select r.ctid as place from rrset r
      where r.zone_id = ${zoneId} and r.owner = c.owner and r.type = c.type offset 0
    ) found`
  const gone = await sql`
    delete from rrset where ctid = any(array(
      select found.place from changed_rrset c ${place} where c.owner_after is null
    ))`.execute(trx)
  const other = await sql`
    update rrset
    set owner_as_given = wanted.owner_as_given, ttl = wanted.ttl, rdata = wanted.rdata
    from (
      select found.place, coalesce(m.owner_as_given, c.owner_after) as owner_as_given,
             coalesce(m.ttl, c.ttl_after) as ttl, coalesce(m.rdata, c.rdata_after) as rdata
      from changed_rrset c left join merged_rrset m on m.owner = c.owner and m.type = c.type ${place}
      where c.owner_before is not null and c.owner_after is not null
    ) wanted
    where rrset.ctid = wanted.place`.execute(trx)
  return { gone: gone.numAffectedRows, other: other.numAffectedRows }
}

async function replaceMany(trx: DbTransaction, zoneId: number): Promise<Replaced> {
  return await withoutLoops(trx, async () => {
    const gone = await sql`
      delete from rrset using changed_rrset c
      where rrset.zone_id = ${zoneId} and rrset.owner = c.owner and rrset.type = c.type and c.owner_after is null`.execute(
      trx,
    )
    const other = await sql`
      update rrset
      set owner_as_given = coalesce(m.owner_as_given, c.owner_after), ttl = coalesce(m.ttl, c.ttl_after),
          rdata = coalesce(m.rdata, c.rdata_after)
      from changed_rrset c left join merged_rrset m on m.owner = c.owner and m.type = c.type
      where rrset.zone_id = ${zoneId} and rrset.owner = c.owner and rrset.type = c.type
        and c.owner_before is not null and c.owner_after is not null`.execute(trx)
    return { gone: gone.numAffectedRows, other: other.numAffectedRows }
  })
}

/** Statistics that are older than a zone take it for a few rows, and a loop over all changes for each of its RRsets for cheap. */
async function withoutLoops<T>(trx: DbTransaction, work: () => Promise<T>): Promise<T> {
  await sql`set local enable_nestloop to off`.execute(trx)
  const result = await work()
  await sql`set local enable_nestloop to default`.execute(trx)
  return result
}

export async function storedSoa(trx: DbTransaction, zoneId: number, apex: Name): Promise<RRset | undefined> {
  const row = await trx
    .selectFrom('rrset')
    .select(['owner_as_given', 'ttl', 'rdata'])
    .where('zone_id', '=', zoneId)
    .where('owner', '=', apex)
    .where('type', '=', Type.SOA)
    .executeTakeFirst()
  return row && { name: row.owner_as_given as GivenName, type: Type.SOA, ttl: row.ttl, rdata: row.rdata }
}

export async function putSoa(trx: DbTransaction, zoneId: number, apex: Name, soa: RRset): Promise<void> {
  const row = { owner_as_given: soa.name, ttl: soa.ttl, rdata: soa.rdata.map((one) => Buffer.from(one)) }
  await trx
    .insertInto('rrset')
    .values({ zone_id: zoneId, owner: apex, type: Type.SOA, ...row })
    .onConflict((conflict) => conflict.columns(['zone_id', 'owner', 'type']).doUpdateSet(row))
    .execute()
}
