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
  /** How long what was decided holds, in ms from when the statements are sent: then the first of the commands' deadlines is over (P3). */
  readonly holdsMs: number
  /** Fails where something else has locked one of the zones, instead of waiting for it. */
  readonly atOnce: boolean
}

/**
 * Locks the zones, then says whether all is as it was assumed: the zones are at the same event, so nobody has changed them. The statements
 * behind these, in the same transaction, see the answer ({@link onlyAsKnown}).
 */
export function judgingKnown(assumed: Assumed): Statement[] {
  const values = [assumed.zones.map(({ id }) => id)]
  const hold = assumed.atOnce
    ? { name: 'hold-zones-at-once', text: `${HOLD} nowait`, values }
    : { name: 'hold-zones', text: HOLD, values }
  return [hold, judging(assumed)]
}

function judging({ zones, wanted, absent, holdsMs }: Assumed): Statement {
  const known = rowSource(
    ['bigint', 'bigint', 'bigint', 'bytea', 'bigint', 'text'],
    zones.map(({ id, seq, serial, hash, recordCount, seen }) => [id, seq, serial, hash, recordCount, seen]),
  )
  const unused = rowSource(
    ['bigint', 'text'],
    absent.map(({ zoneId, name }) => [zoneId, name]),
  )
  const others = [
    zones.length,
    [],
    wanted.fingerprints,
    new Date(wanted.since),
    wanted.signedDigests,
    holdsMs,
  ]
  const first = others.length + 1
  return {
    name: `judge-known${known.form}-unused${unused.form}`,
    text: judgement(known.text(first), unused.text(first + known.values.length)),
    values: [...others, ...known.values, ...unused.values],
  }
}

/** Whether all was found as assumed, by the rows of the statements of {@link judgingKnown}. */
export function isAsKnown([, rows]: readonly unknown[][]): boolean {
  return (rows as readonly { known: string }[])[0]?.known === 'yes'
}

const HOLD = 'select from zone where id = any($1::bigint[]) order by id for update'

// a statement of its own, which begins when the locks are held: it sees whatever was done under them before
const judgement = (known: string, unused: string) => `
  select set_config('zonelog.as_known', case when (
      select count(*) from ${known} as k (id, seq, serial, hash, records, seen)
      join zone on zone.id = k.id
      where k.seq = zone.seq and k.serial = zone.serial and k.hash = zone.hash and k.records = zone.record_count and k.seen = ${SEEN}
    ) = $1::bigint
    and not exists (${FIND_RECORDED(2)})
    and not exists (
      select from ${unused} as unused (zone_id, owner)
      join rrset r on r.zone_id = unused.zone_id and r.owner = unused.owner collate "C"
    )
    and clock_timestamp() - now() <= $6::bigint * interval '1 ms'
    then 'yes' else 'no' end, true) as known`
