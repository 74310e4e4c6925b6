import type { RRsetState } from '../../services/zone-writer/history/rrset-state.ts'
import { NameUndo, type NameUndone } from '../../services/zone-writer/history/undo/name-undo.ts'
import type { NameStep } from '../../services/zone-writer/history/undo/steps.ts'
import { Class, Type } from '../../shared/dns/codes.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import { rdataKey } from '../../shared/dns/rdata.ts'
import type { ResourceRecord, RRset } from '../../shared/dns/record.ts'
import type { Dice } from '../clients/random-updates.ts'

/** A small zone and what may happen to it: written apart from the product, so that the two can be held against each other. */

export const APEX = nameOf('example.com')
const OWNERS = [APEX, nameOf('a.example.com'), nameOf('b.example.com')] as const
const TTLS = [300, 600]
const NAMES = [Buffer.from('\x01x\x00', 'latin1'), Buffer.from('\x01y\x00', 'latin1')]
const VALUES: Readonly<Record<number, readonly Uint8Array[]>> = {
  [Type.A]: [1, 2, 3].map((host) => Buffer.from([192, 0, 2, host])),
  [Type.TXT]: [Buffer.from('\x01s', 'latin1'), Buffer.from('\x01t', 'latin1')],
  [Type.CNAME]: NAMES,
  [Type.NS]: NAMES,
}
const TYPES = { apex: [Type.NS, Type.A], other: [Type.A, Type.A, Type.TXT, Type.CNAME] }

interface Value {
  readonly rdata: Uint8Array
  readonly setBy: number
  readonly confirmedBy: number
}

interface Set_ {
  readonly ttl: number
  readonly values: ReadonlyMap<string, Value>
}

/** RRsets by owner and type. */
export type World = ReadonlyMap<Name, ReadonlyMap<number, Set_>>

export interface ModelEvent {
  readonly seq: number
  readonly selected: boolean
  /** Undefined for an import. */
  readonly asked: readonly ResourceRecord[] | undefined
  /** What an import says. */
  readonly contents: World | undefined
}

export interface History {
  readonly events: readonly ModelEvent[]
  /** Before the first event, and after each. */
  readonly worlds: readonly World[]
}

export function randomHistory(dice: Dice): History {
  let world = grow(empty(), dice, 4)
  const worlds = [world]
  const events: ModelEvent[] = []
  const count = 2 + dice.below(5)
  for (let seq = 1; seq <= count; seq++) {
    const isImport = dice.below(14) === 0
    const event: ModelEvent = {
      seq,
      selected: dice.below(5) < 2,
      asked: isImport ? undefined : Array.from({ length: 1 + dice.below(2) }, () => randomRecord(dice)),
      contents: isImport ? grow(dice.below(2) === 0 ? world : empty(), dice, 3) : undefined,
    }
    world = after(world, event)
    worlds.push(world)
    events.push(event)
  }
  return { events, worlds }
}

function empty(): World {
  const ns = new Map([[text(Type.NS, NAMES[0]!), { rdata: NAMES[0]!, setBy: 0, confirmedBy: 0 }]])
  return new Map([[APEX, new Map([[Type.NS, { ttl: 300, values: ns }]])]])
}

function grow(world: World, dice: Dice, records: number): World {
  const asked = Array.from({ length: dice.below(records) }, () => ({
    ...randomRecord(dice),
    class: Class.IN,
  }))
  const complete = asked.map((record) =>
    record.rdata.length > 0 ? record : { ...record, type: Type.A, rdata: VALUES[Type.A]![0]! },
  )
  return after(world, { seq: 0, selected: false, asked: complete, contents: undefined })
}

function randomRecord(dice: Dice): ResourceRecord {
  const name = dice.of(OWNERS)
  const type = dice.of(name === APEX ? TYPES.apex : TYPES.other)
  const rdata = dice.of(VALUES[type]!)
  const nothing = new Uint8Array()
  const kind = dice.below(10)
  if (kind < 5) return { name, type, class: Class.IN, ttl: TTLS[Number(dice.below(4) === 0)]!, rdata }
  if (kind < 8) return { name, type, class: Class.NONE, ttl: 0, rdata }
  return { name, type: kind === 8 ? type : Type.ANY, class: Class.ANY, ttl: 0, rdata: nothing }
}

/** RFC 2136 §3.4.2 and RFC 2181 §5.2, for these types. What no record names is the same object before and after. */
export function after(world: World, { seq, asked, contents }: ModelEvent): World {
  if (contents !== undefined) return credited(world, contents, OWNERS, seq, [])
  const named = OWNERS.filter((name) => asked!.some((record) => record.name === name))
  const next = new Map(world)
  for (const name of named) next.set(name, new Map(world.get(name)))
  for (const { name, ...record } of asked!)
    apply(next.get(name as Name) as Map<number, Set_>, name === APEX, record)
  return credited(world, next, named, seq, asked!)
}

function apply(
  sets: Map<number, Set_>,
  keepsNs: boolean,
  { type, class: class_, ttl, rdata }: Omit<ResourceRecord, 'name'>,
): void {
  const key = text(type, rdata)
  const set = sets.get(type)
  if (class_ === Class.ANY) {
    for (const each of [...sets.keys()])
      if ((type === Type.ANY || type === each) && !(keepsNs && each === Type.NS)) sets.delete(each)
  } else if (class_ === Class.NONE) {
    if (!set?.values.has(key) || (keepsNs && type === Type.NS && set.values.size === 1)) return
    const values = new Map(set.values)
    values.delete(key)
    if (values.size === 0) sets.delete(type)
    else sets.set(type, { ...set, values })
  } else {
    const others = [...sets.keys()].filter((each) => each !== type)
    if (type === Type.CNAME ? others.length > 0 : others.includes(Type.CNAME)) return
    const isNew = !set?.values.has(key)
    const values = new Map(type === Type.CNAME && isNew ? [] : set?.values)
    if (isNew) values.set(key, { rdata, setBy: 0, confirmedBy: 0 })
    sets.set(type, { ttl, values })
  }
}

/** Says of each value which event set it, and which asked for it last, as the index of history does. */
function credited(
  before: World,
  next: World,
  names: readonly Name[],
  seq: number,
  asked: readonly ResourceRecord[],
): World {
  const result = new Map(next)
  for (const name of names) {
    const sets = new Map<number, Set_>()
    for (const [type, { ttl, values }] of next.get(name) ?? []) {
      const old = before.get(name)?.get(type)
      const told: Map<string, Value> = new Map()
      for (const [key, { rdata }] of values) {
        const was = old?.ttl === ttl ? old.values.get(key) : undefined
        const isAsked =
          was === undefined ||
          asked.some(
            (one) =>
              one.class === Class.IN &&
              one.name === name &&
              one.type === type &&
              text(type, one.rdata) === key,
          )
        told.set(key, { rdata, setBy: was?.setBy ?? seq, confirmedBy: isAsked ? seq : was.confirmedBy })
      }
      sets.set(type, { ttl, values: told })
    }
    result.set(name, sets)
  }
  return result
}

/** What the history's events without the selected ones add up to. */
export function replayed({ events, worlds }: History): World {
  return events.filter(({ selected }) => !selected).reduce(after, worlds[0]!)
}

export interface UndoneWorld {
  readonly world: World
  readonly conflicts: number
  /** Requests of others that had no effect because of what was there. */
  readonly ignored: number
  readonly changes: number
}

/** Takes the selected events back, as the product does: once for each of `force`, with conflicts left or taken back as well. */
export function undo({ events, worlds }: History, ...force: readonly boolean[]): UndoneWorld[] {
  const first = events.findIndex(({ selected }) => selected)
  const undone = force.map(() => new Undone(worlds.at(-1)!))
  if (first < 0) return undone
  for (const owner of OWNERS) {
    const steps = stepsAt(owner, first, events, worlds)
    if (!steps.some(({ selected, states }) => selected && states.length > 0)) continue
    const name = new NameUndo(APEX, owner, statesOf(owner, worlds[first]!))
    for (const step of steps) name.take(step)
    for (const [index, forced] of force.entries()) undone[index]!.take(owner, name.finish(forced))
  }
  return undone
}

class Undone implements UndoneWorld {
  readonly world: Map<Name, ReadonlyMap<number, Set_>>
  conflicts = 0
  ignored = 0
  changes = 0

  constructor(world: World) {
    this.world = new Map(world)
  }

  take(owner: Name, { changes, conflicts, notes }: NameUndone): void {
    this.changes += changes.length
    this.conflicts += conflicts.length
    for (const { kind } of notes) if (kind === 'ignored') this.ignored++
    if (changes.length === 0) return
    const sets = new Map(this.world.get(owner))
    for (const { type, after: set } of changes) put(sets, type, set)
    this.world.set(owner, sets)
  }
}

function put(sets: Map<number, Set_>, type: number, set: RRset | undefined): void {
  if (set === undefined) sets.delete(type)
  else {
    const values = set.rdata.map(
      (rdata) => [text(type, rdata), { rdata, setBy: -1, confirmedBy: -1 }] as const,
    )
    sets.set(type, { ttl: set.ttl, values: new Map(values) })
  }
}

/** What the index knows of the events since the first selected one, at one name. */
function stepsAt(
  owner: Name,
  first: number,
  events: readonly ModelEvent[],
  worlds: readonly World[],
): NameStep[] {
  return events.slice(first).map(({ seq, selected, asked = [], contents }, index) => ({
    seq,
    selected,
    states: changedStates(owner, worlds[first + index]!, worlds[first + index + 1]!, seq),
    asked: asked.filter(({ name }) => name === owner),
    prerequisites: false,
    whole: contents !== undefined,
  }))
}

function changedStates(owner: Name, before: World, now: World, seq: number): RRsetState[] {
  const [was, is] = [before.get(owner), now.get(owner)]
  if (was === is) return []
  const gone = [...(was?.keys() ?? [])].filter((type) => !is?.has(type))
  const told = statesOf(owner, now).filter(({ type, records, ttl }) => {
    const old = was?.get(type)
    return (
      old?.ttl !== ttl || old.values.size !== records.length || records.some((one) => one.confirmedBy === seq)
    )
  })
  return [...told, ...gone.map((type) => ({ name: owner, type, ttl: was!.get(type)!.ttl, records: [] }))]
}

function statesOf(owner: Name, world: World): RRsetState[] {
  const states: RRsetState[] = []
  for (const [type, { ttl, values }] of world.get(owner) ?? [])
    states.push({ name: owner, type, ttl, records: [...values.values()] })
  return states
}

/** What an undo did, as the one event of a history that begins right before it. */
export function asHistory(before: World, undone: World): History {
  const event: ModelEvent = { seq: 1, selected: true, asked: undefined, contents: undone }
  return { events: [event], worlds: [before, credited(before, undone, OWNERS, 1, [])] }
}

/** Why this is no zone; undefined where it is one. */
export function faultOf(world: World): string | undefined {
  if ((world.get(APEX)?.get(Type.NS)?.values.size ?? 0) === 0) return 'the apex has no NS record'
  for (const [name, sets] of world) {
    const cname = sets.get(Type.CNAME)
    if (cname !== undefined && (sets.size > 1 || cname.values.size > 1))
      return `${name} has a CNAME and others`
  }
  return undefined
}

/** A value that an event beside the selected ones asked for, that has been there ever since, and that is not in `undone`. */
export function lostOfOthers(history: History, undone: World): string | undefined {
  for (const [name, sets] of history.worlds.at(-1)!)
    for (const [type, { values }] of sets)
      for (const key of values.keys())
        if (!has(undone, name, type, key) && isAskedByOthers(history, name, type, key))
          return `${name} ${type} ${JSON.stringify(key)}`
  return undefined
}

function isAskedByOthers({ events, worlds }: History, name: Name, type: number, key: string): boolean {
  for (let at = events.length - 1; at >= 0 && has(worlds[at + 1]!, name, type, key); at--) {
    const { selected, asked } = events[at]!
    const isAsked = asked?.some(
      (one) =>
        one.class === Class.IN && one.name === name && one.type === type && text(type, one.rdata) === key,
    )
    if (!selected && (isAsked ?? true)) return true
  }
  return false
}

function has(world: World, name: Name, type: number, key: string): boolean {
  return world.get(name)?.get(type)?.values.has(key) ?? false
}

/** Equal texts for equal contents, however they are ordered. */
export function textOf(world: World): string {
  return [...world]
    .flatMap(([name, sets]) =>
      [...sets].flatMap(([type, { ttl, values }]) =>
        [...values.keys()].map(
          (key) => `${name} ${ttl} ${type} ${Buffer.from(key, 'latin1').toString('hex')}`,
        ),
      ),
    )
    .sort()
    .join('\n')
}

/** The key of a value; there are few, so each is made once. */
function text(type: number, rdata: Uint8Array): string {
  let key = KEYS.get(rdata)
  if (key === undefined) {
    key = rdataKey(type, rdata)
    KEYS.set(rdata, key)
  }
  return key
}

const KEYS = new Map<Uint8Array, string>()

/** Whether two zones have the same contents, however they are ordered. */
export function equal(a: World, b: World): boolean {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const)
    for (const [name, sets] of one)
      for (const [type, set] of sets) {
        const same = other.get(name)?.get(type)
        if (same?.ttl !== set.ttl || same.values.size !== set.values.size) return false
        for (const key of set.values.keys()) if (!same.values.has(key)) return false
      }
  return true
}
