import { Type } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { diffRecords } from '../../../shared/zone-diff.ts'
import { done, failure, type Outcome } from '../admin/failure.ts'
import { type Db, type DbTransaction, inTransaction } from '../store/admin-zones.ts'
import { eventsToIndex } from '../store/history-events.ts'
import { lockProgress, readProgress, saveProgress } from '../store/history-progress.ts'
import { insertAsked, insertStates, statesOf } from '../store/history-states.ts'
import { type IndexedEvent, indexEvents, type Mentions, mentionsOf, rrsetsMentioned } from './index-events.ts'
import { decodeState, encodeState } from './rrset-state.ts'
import { snapshotWhenDue } from './snapshot.ts'

/** How much is indexed in one transaction, and when there is a new snapshot. */
export interface IndexSteps {
  /** Events, and octets of their messages and diffs; an event that is larger makes a step of its own, and is indexed bit by bit. */
  readonly most: number
  readonly octets: number
  /** RRset states that a snapshot must have behind it at least. */
  readonly leastRows: number
}

export const STEPS: IndexSteps = { most: 500, octets: 4 << 20, leastRows: 10_000 }
/** Beside updates: a step holds the event loop up while it is worked out. */
export const SHORT_STEPS: IndexSteps = { ...STEPS, most: 100 }

/** Steps that a reader waits for; more is left to the follower. */
const STEPS_FOR_A_READER = 40

/** Indexes the next events of a zone, in one transaction; answers how far that is. Safe to run anywhere at once. */
export async function indexNext(
  db: Db,
  zoneId: number,
  apex: Name,
  steps: IndexSteps = STEPS,
): Promise<number> {
  return await inTransaction(db, (trx) => indexNextIn(trx, zoneId, apex, steps))
}

async function indexNextIn(
  trx: DbTransaction,
  zoneId: number,
  apex: Name,
  steps: IndexSteps = STEPS,
): Promise<number> {
  const progress = await lockProgress(trx, zoneId)
  const events = await eventsToIndex(trx, zoneId, progress.seq, steps)
  const last = events.at(-1)
  if (last === undefined) return progress.seq
  const [first] = events
  const rows =
    first !== undefined && first.diff.length > steps.octets
      ? await storeLarge(trx, zoneId, apex, first)
      : await store(trx, zoneId, apex, events.map(mentionsOf), progress.seq)
  const moved = { ...progress, seq: last.seq, rowsSinceSnapshot: progress.rowsSinceSnapshot + rows }
  await saveProgress(trx, zoneId, await snapshotWhenDue(trx, zoneId, moved, steps.leastRows))
  return last.seq
}

async function store(
  trx: DbTransaction,
  zoneId: number,
  apex: Name,
  mentions: readonly Mentions[],
  before: number,
): Promise<number> {
  const keys = rrsetsMentioned(apex, mentions)
  const known = (await statesOf(trx, zoneId, keys, before)).map(({ owner, type, state }) => ({
    owner,
    type,
    state: decodeState(type, state),
  }))
  const { states, asked } = indexEvents(apex, known, mentions)
  await insertStates(
    trx,
    zoneId,
    states.map((row) => ({ ...row, state: encodeState(row.state) })),
  )
  await insertAsked(trx, zoneId, asked)
  return states.length
}

/** Records of a large diff that are indexed at a time: commits must not wait for a whole zone. */
const RECORDS_AT_ONCE = 2_000

/** One event, a part of its diff after the other; each part goes on with the states that the one before it left. */
async function storeLarge(
  trx: DbTransaction,
  zoneId: number,
  apex: Name,
  { seq, diff, ...event }: IndexedEvent,
): Promise<number> {
  let rows = 0
  let part = { removed: [] as ResourceRecord[], added: [] as ResourceRecord[] }
  const flush = async (half: Partial<Mentions> = {}) => {
    rows += await store(trx, zoneId, apex, [{ seq, wanted: [], asked: [], ...part, ...half }], seq)
    part = { removed: [], added: [] }
  }
  for (const { half, record } of diffRecords(diff)) {
    // the old SOA has no state of its own; the new one is kept, see LARGE_DIFF_OCTETS
    if (half === 'removed' && record.type === Type.SOA) continue
    part[half].push(record)
    if (part.removed.length + part.added.length >= RECORDS_AT_ONCE) await flush()
  }
  const { wanted, asked } = mentionsOf({ ...event, seq, diff: new Uint8Array() })
  await flush({ wanted, asked })
  return rows
}

/**
 * Makes sure that what is derived from the events reaches event `seq`; a failure when that would take too long now. Not to be called by who
 * holds another connection of the same database: all of them could wait for one more. See {@link reachIndexIn}.
 */
export async function reachIndex(db: Db, zoneId: number, apex: Name, seq: number): Promise<Outcome<void>> {
  return await reach(await readProgress(db, zoneId), apex, seq, () => indexNext(db, zoneId, apex))
}

/** As {@link reachIndex} in a transaction that holds the lock of the zone's progress (store/history-progress.ts) already. */
export async function reachIndexIn(
  trx: DbTransaction,
  zoneId: number,
  apex: Name,
  seq: number,
): Promise<Outcome<void>> {
  return await reach(await readProgress(trx, zoneId), apex, seq, () => indexNextIn(trx, zoneId, apex))
}

async function reach(
  { seq: from }: { readonly seq: number },
  apex: Name,
  seq: number,
  next: () => Promise<number>,
): Promise<Outcome<void>> {
  let at = from
  for (let step = 0; at < seq && step < STEPS_FOR_A_READER; step++) at = await next()
  if (at >= seq) return done(undefined)
  return failure(
    'history-behind',
    `The index of ${apex}'s history is being made: ${at} of ${seq} events so far. Ask again in a while.`,
  )
}
