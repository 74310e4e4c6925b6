import { sql } from 'kysely'
import { canonicalRdata } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { DbTransaction } from './admin-zones.ts'

/** A record on its way into a zone. */
export interface StagedRecord {
  readonly record: ResourceRecord
  /** Where it came from. */
  readonly line: number
}

/** As many as {@link stageRecords} is best called with. */
export const STAGED_AT_ONCE = 5_000

/** Prepares the transaction for a whole zone: patience, and memory for sorting. */
export async function allowLongWork(trx: DbTransaction): Promise<void> {
  await sql`
    select set_config('statement_timeout', '30min', true),
           set_config('idle_in_transaction_session_timeout', '10min', true),
           set_config('work_mem', '64MB', true),
           set_config('jit', 'off', true)`.execute(trx)
}

/**
 * Prepares the transaction for contents that stream in: tables that end with it, and patience for a long file and a slow
 * client. Nothing of the zone itself is locked while records come in.
 */
export async function openStaging(trx: DbTransaction): Promise<void> {
  await allowLongWork(trx)
  await sql`
    create temp table staged (
      n bigint not null,
      line integer not null,
      owner text collate "C" not null,
      owner_as_given text collate "C" not null,
      type integer not null,
      ttl bigint not null,
      rdata bytea not null,
      folded bytea
    ) on commit drop`.execute(trx)
}

/** Adds records, the first of which is the `from`th of all. `folded` holds the octets that are compared where they differ. */
export async function stageRecords(
  trx: DbTransaction,
  records: readonly StagedRecord[],
  from: number,
): Promise<void> {
  const octets: Uint8Array[] = []
  let length = 0
  const append = (bytes: Uint8Array): number => {
    octets.push(bytes)
    length += bytes.length
    return length - bytes.length + 1
  }
  const rows = records.map(({ record, line }) => {
    const { name, type, ttl, rdata } = record
    const folded = canonicalRdata(type, rdata)
    return {
      line,
      name,
      type,
      ttl,
      at: append(rdata),
      size: rdata.length,
      folded: folded === rdata ? 0 : append(folded),
    }
  })
  // one text, one octet string and a few lists of numbers are read much faster than so many parameters
  const list = (number: (row: (typeof rows)[number]) => number) => `{${rows.map(number).join(',')}}`
  await sql`
    insert into staged
    select ${from}::bigint + r.i, r.line, lower(r.name collate "C"), r.name, r.type, r.ttl,
           substring(o.octets from r.at for r.size),
           case when r.folded > 0 then substring(o.octets from r.folded for r.size) end
    from (select ${Buffer.concat(octets)}::bytea as octets) o,
         unnest(
           string_to_array(${rows.map(({ name }) => name).join('\n')}::text, E'\n'),
           ${list((row) => row.line)}::integer[],
           ${list((row) => row.type)}::integer[],
           ${list((row) => row.ttl)}::bigint[],
           ${list((row) => row.at)}::integer[],
           ${list((row) => row.size)}::integer[],
           ${list((row) => row.folded)}::integer[]
         ) with ordinality as r (name, line, type, ttl, at, size, folded, i)`.execute(trx)
}

/**
 * Puts the staged records together as RRsets, in the order in which they came: a record given twice counts once, and the lowest
 * TTL counts for all (RFC 2181 §5.2). Answers how many records there are.
 */
export async function groupStaged(trx: DbTransaction): Promise<number> {
  await sql`
    create temp table staged_rrset (
      owner text collate "C" not null,
      type integer not null,
      owner_as_given text collate "C" not null,
      ttl bigint not null,
      highest_ttl bigint not null,
      rdata bytea[] not null,
      first_line integer not null,
      last_line integer not null
    ) on commit drop`.execute(trx)
  await sql`analyze staged`.execute(trx)
  await sql`
    insert into staged_rrset
    select owner, type, (array_agg(owner_as_given order by n))[1], min(ttl), max(ttl), array_agg(rdata order by n),
           min(line), max(line)
    from (
      select *, row_number() over (partition by owner, type, coalesce(folded, rdata) order by n) as copy from staged
    ) numbered
    where copy = 1
    group by owner, type`.execute(trx)
  await sql`analyze staged_rrset`.execute(trx)
  const { rows } = await sql<{ records: number }>`
    select coalesce(sum(cardinality(rdata)), 0)::bigint as records from staged_rrset`.execute(trx)
  return rows[0]!.records
}
