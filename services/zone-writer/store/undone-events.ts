import { type RawBuilder, sql } from 'kysely'
import type { OwnerRange } from '../history/owner-key.ts'
import type { Db, DbTransaction } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'
import { within } from './history-states.ts'

const PUT_AT_ONCE = 50_000

/** Keeps the numbers of the events that are to be undone, each once, in a table of the transaction for what follows. */
export async function putUndone(trx: DbTransaction, seqs: readonly number[]): Promise<void> {
  await sql`create temp table undone_event (seq bigint primary key) on commit drop`.execute(trx)
  for (let start = 0; start < seqs.length; start += PUT_AT_ONCE)
    await sql`insert into undone_event select unnest(${seqs.slice(start, start + PUT_AT_ONCE)}::bigint[])`.execute(
      trx,
    )
}

/** Of these events of a zone, those that changed contents, and their kinds. */
export async function changesAmong(
  db: Db,
  zoneId: number,
  seqs: readonly number[],
): Promise<{ seq: number; kind: string; changed: boolean }[]> {
  const { rows } = await sql<{ seq: number; kind: string; changed: boolean }>`
    select seq, kind, octet_length(diff) > 0 as changed from zone_event
    where zone_id = ${zoneId} and seq = any(${seqs}::bigint[])`.execute(db)
  return rows
}

/** What of a zone's history is looked at: the names, the types, and the events from the first that is undone to the newest. */
export interface UndoScope {
  readonly zoneId: number
  readonly range: OwnerRange
  /** Undefined for all. */
  readonly types: readonly number[] | undefined
  readonly first: number
  readonly upTo: number
}

/** Finds the names that the events to be undone have touched. To be called before the two that follow. */
export async function findUndoneOwners(trx: DbTransaction, { zoneId, range }: UndoScope): Promise<void> {
  await sql`
    create temp table undone_owner on commit drop as
    select distinct s.owner
    from undone_event u join rrset_state s on s.zone_id = ${zoneId} and s.seq = u.seq
    where ${within(range)}`.execute(trx)
  await sql`analyze undone_owner`.execute(trx)
  await sql`analyze undone_event`.execute(trx)
}

/** An RRset at one of those names after an event; `seq` 0 is how it was before the first. */
export interface UndoState {
  readonly owner: Buffer
  readonly seq: number
  readonly type: number
  readonly state: Buffer
  readonly selected: boolean
}

/** In the order of owner and event. */
export async function* undoStates(
  trx: DbTransaction,
  { zoneId, types, first, upTo }: UndoScope,
): AsyncGenerator<readonly UndoState[]> {
  const ofTypes: RawBuilder<boolean> =
    types === undefined ? sql`true` : sql`s.type = any(${types}::integer[])`
  yield* rowsOf<UndoState>(
    trx,
    'undo_states',
    sql`
    select * from (
      select o.owner, s.seq, s.type, s.state, u.seq is not null and ${ofTypes} as selected
      from undone_owner o
      join rrset_state s on s.zone_id = ${zoneId} and s.owner = o.owner and s.seq >= ${first} and s.seq <= ${upTo}
      left join undone_event u on u.seq = s.seq
      union all
      select o.owner, 0, b.type, b.state, false
      from undone_owner o
      cross join lateral (
        select distinct on (s.type) s.type, s.state from rrset_state s
        where s.zone_id = ${zoneId} and s.owner = o.owner and s.seq < ${first}
        order by s.type, s.seq desc
      ) b
    ) states
    order by owner, seq, selected, type`,
  )
}

/** An event with an accepted message, that is not undone and speaks of one of those names. */
export interface UndoSpeaker {
  readonly owner: Buffer
  readonly seq: number
}

// the messages of so many are held at once
const SPEAKERS_AT_ONCE = 100

/** In the order of owner and event. */
export async function* undoSpeakers(
  trx: DbTransaction,
  { zoneId, first, upTo }: UndoScope,
): AsyncGenerator<readonly UndoSpeaker[]> {
  yield* rowsOf<UndoSpeaker>(
    trx,
    'undo_speakers',
    sql`
    select n.owner, n.seq
    from (
      select o.owner, s.seq from undone_owner o
      join rrset_state s on s.zone_id = ${zoneId} and s.owner = o.owner and s.seq >= ${first} and s.seq <= ${upTo}
      union
      select o.owner, a.seq from undone_owner o
      join name_asked a on a.zone_id = ${zoneId} and a.owner = o.owner and a.seq >= ${first} and a.seq <= ${upTo}
    ) n
    join zone_event e on e.zone_id = ${zoneId} and e.seq = n.seq
    where e.rcode = 0 and octet_length(e.message) > 0
      and not exists (select from undone_event u where u.seq = n.seq)
    order by n.owner, n.seq`,
    SPEAKERS_AT_ONCE,
  )
}

/** The messages of these events. */
export async function messagesNumbered(
  db: Db,
  zoneId: number,
  seqs: readonly number[],
): Promise<{ seq: number; message: Buffer }[]> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', 'message'])
    .where('zone_id', '=', zoneId)
    .where('seq', '=', sql<number>`any(${seqs}::bigint[])`)
    .execute()
}

/** Imports among the events that are looked at and not undone. */
export async function otherImports(
  trx: DbTransaction,
  { zoneId, first, upTo }: UndoScope,
): Promise<number[]> {
  const { rows } = await sql<{ seq: number }>`
    select seq from zone_event e
    where zone_id = ${zoneId} and seq >= ${first} and seq <= ${upTo} and kind = 'import' and rcode = 0
      and not exists (select from undone_event u where u.seq = e.seq)
    order by seq`.execute(trx)
  return rows.map(({ seq }) => seq)
}

/** The diffs of the events to be undone, the newest first; null where one is longer than `most` octets. */
export async function* undoneDiffs(
  trx: DbTransaction,
  zoneId: number,
  most: number,
): AsyncGenerator<readonly { seq: number; diff: Buffer | null }[]> {
  yield* rowsOf(
    trx,
    'undone_diffs',
    sql`
    select e.seq, case when octet_length(e.diff) <= ${most} then e.diff end as diff
    from undone_event u join zone_event e on e.zone_id = ${zoneId} and e.seq = u.seq
    order by e.seq desc`,
    200,
  )
}
