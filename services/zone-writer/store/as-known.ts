import type { Name } from '../../../shared/dns/name.ts'
import { FIND_RECORDED, type Wanted } from './recorded.ts'
import { rowSource, type Statement } from './statement.ts'
import { SEEN, type ZoneRow } from './zones.ts'

/** What a batch was decided on without a look at the database. */
export interface Assumed {
  readonly zones: readonly ZoneRow[]
  /** Under none of these an event was recorded before. Command ids are unique among events, so they need no look. */
  readonly wanted: Omit<Wanted, 'commandIds'>
  /** Names at which there is no RRset. */
  readonly absent: readonly { readonly zoneId: number; readonly name: Name }[]
}

/**
 * Locks the zones and says whether all is as it was assumed: the zones are at the same event, so nobody has changed them. The statements
 * behind it, in the same transaction, see the answer ({@link onlyAsKnown}).
 */
export function judgingKnown({ zones, wanted, absent }: Assumed): Statement {
  const known = rowSource(
    ['bigint', 'bigint', 'bigint', 'bytea', 'bigint', 'text'],
    zones.map(({ id, seq, serial, hash, recordCount, seen }) => [id, seq, serial, hash, recordCount, seen]),
  )
  const unused = rowSource(
    ['bigint', 'text'],
    absent.map(({ zoneId, name }) => [zoneId, name]),
  )
  const others = [
    zones.map(({ id }) => id),
    [],
    wanted.fingerprints,
    new Date(wanted.since),
    wanted.signedDigests,
  ]
  const first = others.length + 1
  return {
    name: `judge-known${known.form}-unused${unused.form}`,
    text: judging(known.text(first), unused.text(first + known.values.length)),
    values: [...others, ...known.values, ...unused.values],
  }
}

/** Whether {@link judgingKnown} found that all is as assumed, by its rows. */
export function isAsKnown(rows: readonly unknown[]): boolean {
  return (rows as readonly { known: string }[])[0]?.known === 'yes'
}

// the locks come first: whatever else is looked at is of the statement's beginning, and has changed since only if a zone has moved on
const judging = (known: string, unused: string) => `
  with held as materialized (
    select id, seq, serial, hash, record_count, ${SEEN} as seen from zone where id = any($1::bigint[]) order by id for update
  )
  select set_config('zonelog.as_known', case when (
      select count(*) from held
      join ${known} as k (id, seq, serial, hash, records, seen)
        on k.id = held.id and k.seq = held.seq and k.serial = held.serial and k.hash = held.hash
          and k.records = held.record_count and k.seen = held.seen
    ) = cardinality($1::bigint[])
    and not exists (${FIND_RECORDED(2)})
    and not exists (
      select from ${unused} as unused (zone_id, owner)
      join rrset r on r.zone_id = unused.zone_id and r.owner = unused.owner collate "C"
    )
    then 'yes' else 'no' end, true) as known`
