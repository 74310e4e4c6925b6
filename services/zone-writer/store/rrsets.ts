import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { TouchedRRset, ZoneContents } from '../../../shared/zone-contents.ts'
import { AS_KNOWN, rowSource, run, type Statement } from './statement.ts'

export interface StoredRRset {
  readonly zoneId: number
  readonly rrset: RRset
}

interface Row {
  zone_id: number
  owner_as_given: string
  type: number
  ttl: number
  rdata: Buffer[]
}

/** RRsets at the given names of the given zones; `zoneIds[i]` goes with `names[i]`. */
export async function loadRRsets(
  db: Kysely<Database>,
  zoneIds: readonly number[],
  names: readonly Name[],
): Promise<StoredRRset[]> {
  return (await run<Row>(db, loadingRRsets(zoneIds, names))).map(rrsetFromRow)
}

/** As {@link loadRRsets}; its rows are for {@link rrsetFromRow}. */
export function loadingRRsets(zoneIds: readonly number[], names: readonly Name[]): Statement {
  return { name: 'load-rrsets', text: LOAD, values: [zoneIds, names] }
}

export function rrsetFromRow(row: unknown): StoredRRset {
  const { zone_id, owner_as_given, type, ttl, rdata } = row as Row
  return { zoneId: zone_id, rrset: { name: owner_as_given as GivenName, type, ttl, rdata } }
}

const LOAD = `
  select r.zone_id, r.owner_as_given, r.type, r.ttl, r.rdata
  from unnest($1::bigint[], $2::text[]) as wanted (zone_id, owner)
  join rrset r on r.zone_id = wanted.zone_id and r.owner = wanted.owner collate "C"`

/** RRsets of a zone that were changed, as they are now in `contents`. */
export interface ChangedRRsets {
  readonly zoneId: number
  readonly contents: ZoneContents
  readonly touched: readonly TouchedRRset[]
}

/** A statement with very many would hold up everything else while it is put together. */
const AT_ONCE = 5_000

/** Writes the final state of each touched RRset once, however often it was changed. */
export async function saveRRsets(
  trx: Transaction<Database>,
  zoneId: number,
  contents: ZoneContents,
  touched: readonly TouchedRRset[],
): Promise<void> {
  for (let start = 0; start < touched.length; start += AT_ONCE) {
    const some = touched.slice(start, start + AT_ONCE)
    for (const statement of savingRRsets([{ zoneId, contents, touched: some }])) await run(trx, statement)
  }
}

/** As {@link saveRRsets}, for any number of zones: two statements at most. */
export function savingRRsets(zones: readonly ChangedRRsets[]): Statement[] {
  const gone: [zoneId: number, owner: Name, type: number][] = []
  const kept: [zoneId: number, owner: Name, rrset: RRset][] = []
  for (const { zoneId, contents, touched } of zones)
    for (const { name, type } of touched) {
      const rrset = contents.at(name)?.get(type)
      if (rrset === undefined) gone.push([zoneId, name, type])
      else kept.push([zoneId, name, rrset])
    }
  const statements: Statement[] = []
  if (gone.length > 0)
    statements.push({
      name: 'delete-rrsets',
      text: deleting('true'),
      asKnown: deleting(AS_KNOWN),
      values: [0, 1, 2].map((column) => gone.map((row) => row[column])),
    })
  if (kept.length > 0) {
    const rows = kept.map(([zoneId, owner, { type, name, ttl, rdata }]) => [
      zoneId,
      owner,
      type,
      name,
      ttl,
      arrayText(rdata),
    ])
    const { form, text, values } = rowSource(['bigint', 'text', 'int', 'text', 'bigint', 'text'], rows)
    statements.push({
      name: `upsert-rrsets${form}`,
      text: upserting(text(1), 'true'),
      asKnown: upserting(text(1), AS_KNOWN),
      values,
    })
  }
  return statements
}

// one step of the index for each, whatever the statistics say: those of a zone that has just come take it for a few rows
const deleting = (condition: string) => `
  delete from rrset where ctid = any(array(
    select found.ctid
    from unnest($1::bigint[], $2::text[], $3::int[]) as g (zone_id, owner, type)
    cross join lateral (
      select r.ctid from rrset r
      where r.zone_id = g.zone_id and r.owner = g.owner collate "C" and r.type = g.type offset 0
    ) found
    where ${condition}
  ))`

const upserting = (rows: string, condition: string) => `
  insert into rrset (zone_id, owner, type, owner_as_given, ttl, rdata)
  select zone_id, owner, type, owner_as_given, ttl, rdata::bytea[]
  from ${rows} as r (zone_id, owner, type, owner_as_given, ttl, rdata)
  where ${condition}
  on conflict (zone_id, owner, type) do update
  set owner_as_given = excluded.owner_as_given, ttl = excluded.ttl, rdata = excluded.rdata`

/** An array of octets as Postgres reads it; arrays of arrays would have to be of one length. */
function arrayText(values: readonly Uint8Array[]): string {
  return `{${values.map((value) => `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`).join()}}`
}
