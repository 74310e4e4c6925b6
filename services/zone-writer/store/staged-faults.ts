import { sql } from 'kysely'
import { Type } from '../../../shared/dns/codes.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { DbTransaction } from './admin-zones.ts'

/** What staged RRsets have that a zone must not have, and what was not taken as given. */

/** Rows that one question answers at most: nobody reads more. */
export const MOST_ROWS = 101

// RFC 4035 §2.5: what DNSSEC puts beside a CNAME
export const BESIDE_CNAME = [Type.CNAME, Type.RRSIG, Type.NSEC, Type.KEY]
export const ALONE_IN_ITS_SET = [Type.SOA, Type.CNAME, Type.DNAME]

export interface StagedSet {
  readonly owner: Name
  readonly type: number
  readonly records: number
  readonly line: number
}

export async function stagedAt(trx: DbTransaction, apex: Name, type: number): Promise<RRset | undefined> {
  const { rows } = await sql<{ owner_as_given: string; ttl: number; rdata: Buffer[] }>`
    select owner_as_given, ttl, rdata from staged_rrset where owner = ${apex} and type = ${type}`.execute(trx)
  const [row] = rows
  return row && { name: row.owner_as_given as GivenName, type, ttl: row.ttl, rdata: row.rdata }
}

export async function soasBelow(trx: DbTransaction, apex: Name): Promise<StagedSet[]> {
  const { rows } = await sql<StagedSet>`
    select owner, type, cardinality(rdata) as records, first_line as line from staged_rrset
    where type = ${Type.SOA} and owner <> ${apex} order by first_line limit ${MOST_ROWS}`.execute(trx)
  return rows
}

/** Sets of types that a name has one record of, with more. */
export async function crowdedSets(trx: DbTransaction): Promise<StagedSet[]> {
  const { rows } = await sql<StagedSet>`
    select owner, type, cardinality(rdata) as records, last_line as line from staged_rrset
    where type = any(${ALONE_IN_ITS_SET}::integer[]) and cardinality(rdata) > 1
    order by last_line limit ${MOST_ROWS}`.execute(trx)
  return rows
}

/** RFC 1034 §3.6.2: names with a CNAME record and others. */
export async function cnamesWithOthers(
  trx: DbTransaction,
): Promise<{ owner: Name; types: number[]; line: number }[]> {
  const { rows } = await sql<{ owner: Name; types: number[]; line: number }>`
    select owner, array_agg(type order by first_line, type) as types, max(first_line) as line from staged_rrset
    where owner in (select owner from staged_rrset where type = ${Type.CNAME})
      and type <> all(${BESIDE_CNAME}::integer[])
    group by owner order by line limit ${MOST_ROWS}`.execute(trx)
  return rows
}

export interface Repeated {
  readonly name: GivenName
  readonly type: number
  readonly ttl: number
  readonly rdata: Buffer
  readonly line: number
}

/** Records that were given before, however they were written; the first `limit` of them in the order of the file. */
export async function repeatedRecords(trx: DbTransaction, limit: number): Promise<Repeated[]> {
  const { rows } = await sql<Repeated>`
    select owner_as_given as name, type, ttl, rdata, line from (
      select *, row_number() over (partition by owner, type, coalesce(folded, rdata) order by n) as copy from staged
    ) numbered
    where copy > 1 order by n limit ${limit}`.execute(trx)
  return rows
}

/** Sets with several TTLs, and how many of them there are. */
export async function mixedTtls(
  trx: DbTransaction,
  limit: number,
): Promise<{ sets: { name: GivenName; type: number; ttl: number }[]; count: number }> {
  const { rows } = await sql<{ name: GivenName; type: number; ttl: number; count: number }>`
    select owner_as_given as name, type, ttl, count(*) over () as count from staged_rrset
    where ttl <> highest_ttl order by first_line limit ${limit}`.execute(trx)
  return { sets: rows, count: rows[0]?.count ?? 0 }
}
