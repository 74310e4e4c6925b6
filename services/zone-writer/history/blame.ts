import { Class, Type, typeToText } from '../../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import { rdataKey, rdataToText } from '../../../shared/dns/rdata.ts'
import { recordToText } from '../../../shared/dns/zone-file-text.ts'
import { done, type Outcome } from '../admin/failure.ts'
import { valueDigest } from '../decide/zone-leases.ts'
import type { Db } from '../store/admin-zones.ts'
import { diffAt } from '../store/history-events.ts'
import { eventsNumbered } from '../store/history-search.ts'
import { statesAround } from '../store/history-states.ts'
import { leasesAt } from '../store/kept-leases.ts'
import { nameAsOf, statesAsOf } from './as-of.ts'
import { diffOf } from './fold.ts'
import { LARGE_DIFF_OCTETS } from './index-events.ts'
import { ownerKey } from './owner-key.ts'
import type { Point } from './resolve.ts'
import { decodeState, type RRsetState, type StateRecord } from './rrset-state.ts'

/** An event, in a few words. Times are ISO 8601. */
export interface Origin {
  readonly seq: number
  readonly eventId: string
  readonly time: string
  readonly by: string
  readonly address: string
  readonly transport: string
  readonly kind: string
  readonly rule: string
}

/** A value that a zone has, and where it comes from. */
export interface BlameLine {
  readonly schema: 'zonelog.blame/1'
  readonly name: string
  readonly ttl: number
  readonly type: string
  readonly value: string
  readonly set: Origin
  /** Records that the event took away at this name and type when it set the value. */
  readonly replaced: readonly string[]
  /** The newest accepted update that asked for this value; the one that set it where there is none. */
  readonly confirmed: Origin
  /** Of a value that has one now; not told of a moment in the past. */
  readonly lease?: LeaseEnd
}

/** When a value is removed unless it is refreshed; or who keeps it all the same. */
export interface LeaseEnd {
  readonly seconds: number
  readonly endsAt: string
  readonly heldBy?: string
}

const RRSETS_AT_ONCE = 500

/** For each value at a point: who set it, what it replaced, and who last confirmed it. Of one name, or of the whole zone. */
export async function blame(
  db: Db,
  point: Point,
  { name, isNow }: { readonly name: Name | undefined; readonly isNow: boolean },
): Promise<Outcome<AsyncGenerator<BlameLine>>> {
  if (name !== undefined) {
    const states = await nameAsOf(db, point, name)
    return states.ok ? done(linesOf(db, point, isNow, [states.value])) : states
  }
  const states = await statesAsOf(db, point)
  return states.ok ? done(linesOf(db, point, isNow, inGroups(states.value))) : states
}

async function* inGroups(states: AsyncGenerator<RRsetState>): AsyncGenerator<RRsetState[]> {
  let group: RRsetState[] = []
  for await (const state of states) {
    if (state.records.length === 0) continue
    group.push(state)
    if (group.length < RRSETS_AT_ONCE) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

async function* linesOf(
  db: Db,
  point: Point,
  isNow: boolean,
  groups: AsyncIterable<RRsetState[]> | Iterable<RRsetState[]>,
): AsyncGenerator<BlameLine> {
  for await (const group of groups) {
    const values = group.flatMap((state) => state.records.map((record) => ({ state, record })))
    const seqs = new Set(values.flatMap(({ record }) => [record.setBy, record.confirmedBy]))
    const events = await eventsNumbered(db, point.zoneId, [...seqs])
    const replaced = await replacedBy(db, point, values)
    const leases = isNow ? await leaseEnds(db, point.zoneId, group) : undefined
    const origin = (seq: number): Origin => originOf(seq, events.get(seq))
    for (const [index, { state, record }] of values.entries()) {
      const lease = leases?.get(
        leaseKey(canonicalName(state.name), state.type, valueDigest(state.type, record.rdata)),
      )
      yield {
        schema: 'zonelog.blame/1',
        name: state.name,
        ttl: state.ttl,
        type: typeToText(state.type),
        value: rdataToText(state.type, record.rdata),
        set: origin(record.setBy),
        replaced: replaced[index]!,
        confirmed: origin(record.confirmedBy),
        ...(lease === undefined ? {} : { lease }),
      }
    }
  }
}

async function leaseEnds(
  db: Db,
  zoneId: number,
  states: readonly RRsetState[],
): Promise<ReadonlyMap<string, LeaseEnd>> {
  const owners = [...new Set(states.map(({ name }) => canonicalName(name)))]
  const leases = await leasesAt(db, zoneId, owners)
  return new Map(
    leases.map(({ owner, type, value, seconds, expiresAt, heldBy }) => [
      leaseKey(owner, type, value),
      { seconds, endsAt: new Date(expiresAt).toISOString(), ...(heldBy === null ? {} : { heldBy }) },
    ]),
  )
}

function leaseKey(owner: Name, type: number, value: Uint8Array): string {
  return `${type} ${owner} ${Buffer.from(value).toString('latin1')}`
}

type Value = { readonly state: RRsetState; readonly record: StateRecord }

function originOf(
  seq: number,
  event: Awaited<ReturnType<typeof eventsNumbered>> extends ReadonlyMap<number, infer E>
    ? E | undefined
    : never,
): Origin {
  // an event that retention took away leaves its number
  if (event === undefined)
    return { seq, eventId: '', time: '', by: '', address: '', transport: '', kind: '', rule: '' }
  const { commandId, decidedAt, identity, address, transport, kind, rule } = event
  const time = new Date(decidedAt).toISOString()
  return { seq, eventId: commandId, time, by: identity, address, transport, kind, rule }
}

async function replacedBy(db: Db, point: Point, values: readonly Value[]): Promise<(readonly string[])[]> {
  const others = values.filter(({ state }) => state.type !== Type.SOA)
  const places = others.map(({ state, record }) => ({
    owner: ownerKey(canonicalName(state.name), point.apex)!,
    type: state.type,
    seq: record.setBy,
  }))
  const around = await statesAround(db, point.zoneId, places)
  const found = new Map(others.map((value, index) => [value, goneIn(value.state.type, around[index]!)]))
  return await Promise.all(
    values.map(async (value) => found.get(value) ?? (await replacedSoa(db, point, value.record.setBy))),
  )
}

/** Records of the state before that are not in the one after. */
function goneIn(type: number, { before, after }: { before: Buffer | null; after: Buffer | null }): string[] {
  if (before === null) return []
  const was = decodeState(type, before)
  const is = after === null ? undefined : decodeState(type, after)
  const kept = new Set(is?.ttl === was.ttl ? is.records.map(({ rdata }) => rdataKey(type, rdata)) : [])
  return was.records
    .filter(({ rdata }) => !kept.has(rdataKey(type, rdata)))
    .map(({ rdata }) => recordToText({ name: was.name, type, class: Class.IN, ttl: was.ttl, rdata }))
}

async function replacedSoa(db: Db, { zoneId }: Point, seq: number): Promise<string[]> {
  const octets = await diffAt(db, zoneId, seq, LARGE_DIFF_OCTETS)
  if (octets === undefined || octets === 'large') return []
  const oldSoa = diffOf({ seq, diff: octets })?.oldSoa
  return oldSoa === undefined ? [] : [recordToText(oldSoa)]
}
