import { type RawBuilder, sql } from 'kysely'
import type { OwnerRange } from '../history/owner-key.ts'
import type { Db, DbTransaction } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'

/** An RRset after an event, as it is stored: history/rrset-state.ts reads the octets. */
export interface StoredState {
  readonly owner: Buffer
  readonly type: number
  readonly state: Buffer
}

/** The states of these RRsets after event `upTo`; those that never were are left out. */
export async function statesOf(
  db: Db,
  zoneId: number,
  keys: readonly { readonly owner: Buffer; readonly type: number }[],
  upTo: number,
): Promise<StoredState[]> {
  if (keys.length === 0) return []
  const { rows } = await sql<StoredState>`
    select wanted.owner, wanted.type, found.state
    from unnest(${keys.map(({ owner }) => owner)}::bytea[], ${keys.map(({ type }) => type)}::integer[]) as wanted (owner, type)
    cross join lateral (
      select state from rrset_state s
      where s.zone_id = ${zoneId} and s.owner = wanted.owner and s.type = wanted.type and s.seq <= ${upTo}
      order by s.seq desc limit 1
    ) found`.execute(db)
  return rows
}

/** The states of RRsets right before an event and after it, in the order given; null where there was none. */
export async function statesAround(
  db: Db,
  zoneId: number,
  places: readonly { readonly owner: Buffer; readonly type: number; readonly seq: number }[],
): Promise<{ before: Buffer | null; after: Buffer | null }[]> {
  if (places.length === 0) return []
  const stateAt = (bound: RawBuilder<boolean>): RawBuilder<Buffer> => sql`(
    select state from rrset_state s
    where s.zone_id = ${zoneId} and s.owner = wanted.owner and s.type = wanted.type and ${bound}
    order by s.seq desc limit 1)`
  const { rows } = await sql<{ before: Buffer | null; after: Buffer | null }>`
    select ${stateAt(sql`s.seq < wanted.seq`)} as before, ${stateAt(sql`s.seq <= wanted.seq`)} as after
    from unnest(
      ${places.map(({ owner }) => owner)}::bytea[], ${places.map(({ type }) => type)}::integer[],
      ${places.map(({ seq }) => seq)}::bigint[]) with ordinality as wanted (owner, type, seq, place)
    order by place`.execute(db)
  return rows
}

/** The states of all RRsets that ever were at a name, as they are after event `upTo`. */
export async function statesAt(db: Db, zoneId: number, owner: Buffer, upTo: number): Promise<StoredState[]> {
  // one step of the index a type, however many events each has
  const { rows } = await sql<StoredState>`
    with recursive types (type) as (
      (select type from rrset_state where zone_id = ${zoneId} and owner = ${owner} order by type limit 1)
      union all
      select (select s.type from rrset_state s where s.zone_id = ${zoneId} and s.owner = ${owner} and s.type > types.type order by s.type limit 1)
      from types where types.type is not null
    )
    select ${owner}::bytea as owner, types.type, found.state
    from types
    cross join lateral (
      select state from rrset_state s
      where s.zone_id = ${zoneId} and s.owner = ${owner} and s.type = types.type and s.seq <= ${upTo}
      order by s.seq desc limit 1
    ) found
    where types.type is not null
    order by types.type`.execute(db)
  return rows
}

/** The states after `upTo` of the RRsets that events after `after` changed or confirmed, in the order of owner and type. */
export async function* statesBetween(
  trx: DbTransaction,
  zoneId: number,
  { after, upTo }: { after: number; upTo: number },
  range: OwnerRange,
): AsyncGenerator<readonly StoredState[]> {
  yield* rowsOf<StoredState>(
    trx,
    'states',
    sql`
    select distinct on (owner, type) owner, type, state
    from rrset_state
    where zone_id = ${zoneId} and seq > ${after} and seq <= ${upTo} and ${within(range)}
    order by owner, type, seq desc`,
  )
}

export interface StatePair {
  readonly owner: Buffer
  readonly type: number
  readonly before: Buffer | null
  readonly after: Buffer | null
}

/** RRsets that events after `from`, up to `to`, changed or confirmed: as they were and as they then are. */
export async function* statePairs(
  trx: DbTransaction,
  zoneId: number,
  { from, to }: { from: number; to: number },
  range: OwnerRange,
): AsyncGenerator<readonly StatePair[]> {
  const stateAt = (seq: number): RawBuilder<Buffer> => sql`(
    select s.state from rrset_state s
    where s.zone_id = ${zoneId} and s.owner = c.owner and s.type = c.type and s.seq <= ${seq}
    order by s.seq desc limit 1)`
  yield* rowsOf<StatePair>(
    trx,
    'pairs',
    sql`
    select c.owner, c.type, ${stateAt(from)} as before, ${stateAt(to)} as after
    from (
      select distinct owner, type from rrset_state
      where zone_id = ${zoneId} and seq > ${from} and seq <= ${to} and ${within(range)}
    ) c
    order by c.owner, c.type`,
  )
}

/** The rows of which the `owner` is in the range. */
export function within({ least, beyond }: OwnerRange): RawBuilder<boolean> {
  return beyond === undefined ? sql`owner >= ${least}` : sql`owner >= ${least} and owner < ${beyond}`
}

export async function insertStates(
  trx: DbTransaction,
  zoneId: number,
  rows: readonly { owner: Buffer; type: number; seq: number; state: Uint8Array }[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += 5_000) {
    const some = rows.slice(start, start + 5_000)
    await sql`
      insert into rrset_state (zone_id, owner, type, seq, state)
      select ${zoneId}::bigint, * from unnest(
        ${some.map(({ owner }) => owner)}::bytea[], ${some.map(({ type }) => type)}::integer[],
        ${some.map(({ seq }) => seq)}::bigint[], ${some.map(({ state }) => Buffer.from(state))}::bytea[])
      on conflict (zone_id, owner, type, seq) do update set state = excluded.state`.execute(trx)
  }
}

export async function insertAsked(
  trx: DbTransaction,
  zoneId: number,
  rows: readonly { owner: Buffer; seq: number }[],
): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into name_asked (zone_id, owner, seq)
    select ${zoneId}::bigint, * from unnest(
      ${rows.map(({ owner }) => owner)}::bytea[], ${rows.map(({ seq }) => seq)}::bigint[])`.execute(trx)
}

/** Numbers of events that speak of names in the range, between `after` and `before`. */
export async function eventsNaming(
  db: Db,
  zoneId: number,
  range: OwnerRange,
  {
    after,
    before,
    limit,
    newestFirst,
  }: { after: number; before: number; limit: number; newestFirst: boolean },
): Promise<number[]> {
  const { rows } = await sql<{ seq: number }>`
    select seq from (
      select seq from rrset_state where zone_id = ${zoneId} and seq > ${after} and seq < ${before} and ${within(range)}
      union
      select seq from name_asked where zone_id = ${zoneId} and seq > ${after} and seq < ${before} and ${within(range)}
    ) named order by seq ${newestFirst ? sql`desc` : sql`asc`} limit ${limit}`.execute(db)
  return rows.map(({ seq }) => seq)
}
