import { Type } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { canonicalName } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { done, failure, type Outcome } from '../admin/failure.ts'
import { type Db, type DbTransaction, inLongSnapshot } from '../store/admin-zones.ts'
import type { ChangedRRset } from '../store/changed-rrsets.ts'
import { changesTo, diffAt } from '../store/history-events.ts'
import { statePairs, statesAt, statesOf } from '../store/history-states.ts'
import { reachIndex } from './catch-up.ts'
import { diffOf } from './fold.ts'
import { LARGE_DIFF_OCTETS } from './index-events.ts'
import { isWithin, keysBelow, ownerKey } from './owner-key.ts'
import type { Point } from './resolve.ts'
import { decodeState, type RRsetState, rrsetOf } from './rrset-state.ts'
import { storedStates } from './stored-states.ts'

const APEX_KEY = Buffer.alloc(0)

/**
 * The RRsets of a zone as they were at a point, octet for octet: the SOA first, then in canonical order (RFC 4034 §6.1) and by type.
 * `below` bounds them to a name and what is below it. They stream; whoever takes them takes all, or ends the generator.
 */
export async function rrsetsAsOf(
  db: Db,
  point: Point,
  below?: Name,
): Promise<Outcome<AsyncGenerator<RRset>>> {
  const states = await statesAsOf(db, point, below)
  if (!states.ok) return states
  return done(present(states.value))
}

async function* present(states: AsyncGenerator<RRsetState>): AsyncGenerator<RRset> {
  for await (const state of states) {
    const rrset = rrsetOf(state)
    if (rrset !== undefined) yield rrset
  }
}

/** As {@link rrsetsAsOf}, with the events that set and confirmed each value; what is gone may be among them, without records. */
export async function statesAsOf(
  db: Db,
  point: Point,
  below: Name = point.apex,
): Promise<Outcome<AsyncGenerator<RRsetState>>> {
  const key = ownerKey(below, point.apex)
  if (key === undefined) return outside(below, point.apex)
  const reached = await reachIndex(db, point.zoneId, point.apex, point.seq)
  if (!reached.ok) return reached
  return done(
    inLongSnapshot(db, async function* (trx) {
      if (key.length === 0) yield await soaAt(trx, point)
      for await (const { type, state } of storedStates(trx, point.zoneId, point.seq, keysBelow(key)))
        if (type !== Type.SOA) yield decodeState(type, state)
    }),
  )
}

/** The RRsets at one name as they were at a point, by type; one look-up however large the zone and its history are. */
export async function nameAsOf(db: Db, point: Point, name: Name): Promise<Outcome<RRsetState[]>> {
  const key = ownerKey(name, point.apex)
  if (key === undefined) return outside(name, point.apex)
  const reached = await reachIndex(db, point.zoneId, point.apex, point.seq)
  if (!reached.ok) return reached
  const stored = await statesAt(db, point.zoneId, key, point.seq)
  const states = stored
    .filter(({ type }) => type !== Type.SOA)
    .map(({ type, state }) => decodeState(type, state))
    .filter(({ records }) => records.length > 0)
  return done(name === point.apex ? [await soaAt(db, point), ...states] : states)
}

/** The SOA at a point, with the event that made it. It changes with every change, so it is read from the events. */
export async function soaAt(db: Db, { zoneId, apex, seq, serial }: Point): Promise<RRsetState> {
  const [changed] = await changesTo(db, zoneId, serial, seq, 1)
  if (changed === undefined) throw new Error(`no event left serial ${serial} of ${apex}`)
  const setBy = changed.seq
  const octets = await diffAt(db, zoneId, setBy, LARGE_DIFF_OCTETS)
  if (octets === 'large') {
    const [kept] = await statesOf(db, zoneId, [{ owner: APEX_KEY, type: Type.SOA }], setBy)
    if (kept !== undefined) return decodeState(Type.SOA, kept.state)
  }
  const diff = octets === undefined || octets === 'large' ? undefined : diffOf({ seq: setBy, diff: octets })
  if (diff === undefined) throw new Error(`no SOA of ${apex} at event ${seq}`)
  const { name, ttl, rdata } = diff.newSoa
  return { name, type: Type.SOA, ttl, records: [{ rdata, setBy, confirmedBy: setBy }] }
}

/**
 * What is different at `to` from what was at `from`, in either direction: RRsets of which name, TTL or values (not only their
 * order) differ, the SOA first, the others in canonical order. Streams, in time that goes with the events in between.
 */
export async function differences(
  db: Db,
  from: Point,
  to: Point,
  below: Name = from.apex,
): Promise<Outcome<AsyncGenerator<ChangedRRset>>> {
  const { zoneId, apex } = from
  if (ownerKey(below, apex) === undefined) return outside(below, apex)
  const reached = await reachIndex(db, zoneId, apex, Math.max(from.seq, to.seq))
  if (!reached.ok) return reached
  return done(inLongSnapshot(db, (trx) => differencesIn(trx, from, to, below)))
}

/** As {@link differences}, read in a transaction. `below` is in the zone, and the index has reached both points. */
export async function* differencesIn(
  trx: DbTransaction,
  from: Point,
  to: Point,
  below: Name,
): AsyncGenerator<ChangedRRset> {
  const { zoneId, apex } = from
  const key = ownerKey(below, apex)!
  const [least, most] = from.seq <= to.seq ? [from.seq, to.seq] : [to.seq, from.seq]
  if (key.length === 0) yield* changed(apex, Type.SOA, await soaAt(trx, from), await soaAt(trx, to))
  yield* rrsetChanges(trx, apex, { zoneId, least, most, key, backwards: least !== from.seq })
}

interface Between {
  readonly zoneId: number
  readonly least: number
  readonly most: number
  readonly key: Buffer
  readonly backwards: boolean
}

async function* rrsetChanges(
  trx: DbTransaction,
  apex: Name,
  { zoneId, least, most, key, backwards }: Between,
): AsyncGenerator<ChangedRRset> {
  const range = keysBelow(key)
  for await (const pairs of statePairs(trx, zoneId, { from: least, to: most }, range))
    for (const { owner, type, before, after } of pairs) {
      if (type === Type.SOA || !isWithin(owner, range)) continue
      const [earlier, later] = [before, after].map((state) =>
        state === null ? undefined : decodeState(type, state),
      )
      yield* backwards ? changed(apex, type, later, earlier) : changed(apex, type, earlier, later)
    }
}

function* changed(
  apex: Name,
  type: number,
  before: RRsetState | undefined,
  after: RRsetState | undefined,
): Generator<ChangedRRset> {
  const [was, is] = [rrsetOf(before), rrsetOf(after)]
  if (sameRRset(was, is)) return
  yield { owner: canonicalName((was ?? is)?.name ?? apex), type, before: was, after: is }
}

function sameRRset(a: RRset | undefined, b: RRset | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.name !== b.name || a.ttl !== b.ttl || a.rdata.length !== b.rdata.length) return false
  const values = new Set(a.rdata.map(latin1))
  return b.rdata.every((rdata) => values.has(latin1(rdata)))
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1')
}

/** Names are whole here, with or without their final dot. */
export function outside(name: Name, apex: Name): Outcome<never> {
  return failure('bad-name', `${name} is not in the zone ${apex} Did you mean ${name}${apex}?`)
}
