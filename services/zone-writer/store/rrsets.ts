import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { TouchedRRset, ZoneContents } from '../../../shared/zone-contents.ts'

/** RRsets at the given names of the given zones; `zoneIds[i]` goes with `names[i]`. */
export async function loadRRsets(
  db: Kysely<Database>,
  zoneIds: readonly number[],
  names: readonly Name[],
): Promise<{ zoneId: number; rrset: RRset }[]> {
  const { rows } = await sql<{
    zone_id: number
    owner_as_given: string
    type: number
    ttl: number
    rdata: Buffer[]
  }>`
    select r.zone_id, r.owner_as_given, r.type, r.ttl, r.rdata
    from unnest(${zoneIds}::bigint[], ${names}::text[]) as wanted (zone_id, owner)
    join rrset r on r.zone_id = wanted.zone_id and r.owner = wanted.owner collate "C"`.execute(db)
  return rows.map((row) => ({
    zoneId: row.zone_id,
    rrset: { name: row.owner_as_given as GivenName, type: row.type, ttl: row.ttl, rdata: row.rdata },
  }))
}

/** Writes the final state of each touched RRset once, however often the batch changed it. */
export async function saveRRsets(
  trx: Transaction<Database>,
  zoneId: number,
  contents: ZoneContents,
  touched: readonly TouchedRRset[],
): Promise<void> {
  const gone = touched.filter(({ name, type }) => contents.at(name)?.get(type) === undefined)
  if (gone.length > 0)
    // one step of the index for each, whatever the statistics say: those of a zone that has just come take it for a few rows
    await sql`
      delete from rrset where ctid = any(array(
        select found.ctid
        from unnest(${gone.map(({ name }) => name)}::text[], ${gone.map(({ type }) => type)}::int[]) as g (owner, type)
        cross join lateral (
          select r.ctid from rrset r
          where r.zone_id = ${zoneId} and r.owner = g.owner collate "C" and r.type = g.type offset 0
        ) found
      ))`.execute(trx)

  const rows = touched.flatMap(({ name, type }) => {
    const rrset = contents.at(name)?.get(type)
    if (rrset === undefined) return []
    return [
      {
        zone_id: zoneId,
        owner: name as string,
        type,
        owner_as_given: rrset.name as string,
        ttl: rrset.ttl,
        rdata: rrset.rdata.map((r) => Buffer.from(r)),
      },
    ]
  })
  for (let start = 0; start < rows.length; start += 5_000)
    await trx
      .insertInto('rrset')
      .values(rows.slice(start, start + 5_000))
      .onConflict((conflict) =>
        conflict.columns(['zone_id', 'owner', 'type']).doUpdateSet((set) => ({
          owner_as_given: set.ref('excluded.owner_as_given'),
          ttl: set.ref('excluded.ttl'),
          rdata: set.ref('excluded.rdata'),
        })),
      )
      .execute()
}
