import type { Name } from '../../../shared/dns/name.ts'
import type { LeasedValue, ValueKey } from '../decide/zone-leases.ts'
import type { Statement } from './statement.ts'

/** The leases of a batch, which a zone's lock guards as it guards its RRsets. */

/** Leased values at the given names of the given zones; its rows are for {@link leasesByZone}. */
export function loadingLeases(names: ReadonlyMap<number, ReadonlySet<Name>>): Statement {
  const pairs = [...names].flatMap(([zoneId, wanted]) => [...wanted].map((name) => ({ zoneId, name })))
  const values = [pairs.map(({ zoneId }) => zoneId), pairs.map(({ name }) => name)]
  return { name: 'load-leases', text: LOAD, values }
}

const LOAD = `
  select l.zone_id, l.owner, l.type, l.value
  from unnest($1::bigint[], $2::text[]) as wanted (zone_id, owner)
  join leased_value l on l.zone_id = wanted.zone_id and l.owner = wanted.owner collate "C"`

interface Row {
  zone_id: number
  owner: string
  type: number
  value: Buffer
}

export function leasesByZone(rows: readonly unknown[]): ReadonlyMap<number, readonly ValueKey[]> {
  const zones = new Map<number, ValueKey[]>()
  for (const { zone_id, owner, type, value } of rows as readonly Row[]) {
    const known = zones.get(zone_id) ?? []
    known.push({ owner: owner as Name, type, value })
    zones.set(zone_id, known)
  }
  return zones
}

/** What a batch made of a zone's leases. */
export interface LeaseChanges {
  readonly zoneId: number
  readonly granted: readonly LeasedValue[]
  readonly ended: readonly ValueKey[]
}

/** Two statements at most, for any number of zones. Whoever holds a value goes on holding it, unless its lease ended before it got another. */
export function savingLeases(zones: readonly LeaseChanges[]): Statement[] {
  const statements: Statement[] = []
  const ended = zones.flatMap(({ zoneId, ended: keys }) => keys.map((key) => ({ zoneId, ...key })))
  if (ended.length > 0) statements.push({ name: 'end-leases', text: END, values: keyColumns(ended) })
  const granted = zones.flatMap(({ zoneId, granted: leases }) =>
    leases.map((lease) => ({ zoneId, ...lease })),
  )
  if (granted.length > 0)
    statements.push({
      name: 'grant-leases',
      text: GRANT,
      values: [
        ...keyColumns(granted),
        granted.map(({ seq }) => seq),
        granted.map(({ seconds }) => seconds),
        granted.map(({ expiresAt }) => new Date(expiresAt).toISOString()),
      ],
    })
  return statements
}

function keyColumns(keys: readonly (ValueKey & { readonly zoneId: number })[]): unknown[] {
  return [
    keys.map(({ zoneId }) => zoneId),
    keys.map(({ owner }) => owner),
    keys.map(({ type }) => type),
    keys.map(({ value }) => value),
  ]
}

const END = `
  delete from leased_value l
  using unnest($1::bigint[], $2::text[], $3::int[], $4::bytea[]) as g (zone_id, owner, type, value)
  where l.zone_id = g.zone_id and l.owner = g.owner collate "C" and l.type = g.type and l.value = g.value`

const GRANT = `
  insert into leased_value (zone_id, owner, type, value, seq, lease_seconds, expires_at)
  select * from unnest($1::bigint[], $2::text[], $3::int[], $4::bytea[], $5::bigint[], $6::bigint[], $7::timestamptz[])
  on conflict (zone_id, owner, type, value) do update
  set seq = excluded.seq, lease_seconds = excluded.lease_seconds, expires_at = excluded.expires_at`
