import { sql } from 'kysely'
import { Type } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { DbTransaction } from './admin-zones.ts'
import { ALONE_IN_ITS_SET, BESIDE_CNAME, MOST_ROWS } from './staged-faults.ts'

// updates may put these there as well, see decide/apply.ts
const BESIDE = [...BESIDE_CNAME, Type.SIG, Type.NXT]

/** A name that would not be one of a zone. */
export interface BrokenName {
  readonly owner: Name
  readonly types: number[]
  readonly fault: 'apex' | 'cname' | 'singleton'
}

/** Names that the changes kept in the transaction would leave as no zone may have them. What a zone holds already is not looked at. */
export async function brokenNames(trx: DbTransaction, zoneId: number, apex: Name): Promise<BrokenName[]> {
  const { rows } = await sql<BrokenName>`
    with planned as (
      select owner, type from changed_rrset where owner_after is not null
      union all
      select r.owner, r.type
      from (select distinct owner from changed_rrset) c
      cross join lateral (
        select owner, type from rrset where zone_id = ${zoneId} and owner = c.owner offset 0
      ) r
      where not exists (select from changed_rrset c where c.owner = r.owner and c.type = r.type)
    )
    select owner, array[type] as types, 'apex' as fault from changed_rrset
    where owner = ${apex} and type = ${Type.NS} and owner_after is null
    union all
    select owner, array[type], 'singleton' from changed_rrset
    where type = any(${ALONE_IN_ITS_SET}::integer[]) and cardinality(rdata_after) > 1
    union all
    select owner, array_agg(type order by type), 'cname' from planned
    where type <> all(${BESIDE}::integer[]) or type = ${Type.CNAME}
    group by owner having bool_or(type = ${Type.CNAME}) and count(*) > 1
    limit ${MOST_ROWS}`.execute(trx)
  return rows
}
