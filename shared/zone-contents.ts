import { Class, Type, typeToText } from './dns/codes.ts'
import { canonicalName, type Name } from './dns/name.ts'
import { rdataEqual, rdataKey } from './dns/rdata.ts'
import type { ResourceRecord, RRset } from './dns/record.ts'
import type { ZoneDiff } from './zone-diff.ts'

/** RRsets of one name, by type. */
export type NameContents = ReadonlyMap<number, RRset>

/** Anything that knows a zone's RRsets by owner name; stored records only, nothing synthesised. */
export interface ZoneView {
  readonly apex: Name
  at(name: Name): NameContents | undefined
}

/** A diff that does not fit the contents it is applied to: the contents or the diff are wrong, so neither may be used. */
export class DiffMismatch extends Error {}

/** A zone, or the part of it that a batch of updates touches. Changes only by diffs, which is what makes history foldable (P6). */
export class ZoneContents implements ZoneView {
  readonly apex: Name
  private readonly names = new Map<Name, Map<number, RRset>>()

  constructor(apex: Name, rrsets: Iterable<RRset> = []) {
    this.apex = apex
    for (const rrset of rrsets) this.put(rrset)
  }

  at(name: Name): NameContents | undefined {
    return this.names.get(name)
  }

  *rrsets(): Generator<RRset> {
    for (const types of this.names.values()) yield* types.values()
  }

  get nameCount(): number {
    return this.names.size
  }

  put(rrset: RRset): void {
    const name = canonicalName(rrset.name)
    const types = this.names.get(name)
    if (types === undefined) this.names.set(name, new Map([[rrset.type, rrset]]))
    else types.set(rrset.type, rrset)
  }

  /**
   * Takes the removed records away, then puts the added ones in, in time linear in the diff and the RRsets it touches. Throws
   * {@link DiffMismatch}, and changes nothing, when a removed record is not there or an added one already is.
   */
  apply(diff: ZoneDiff): TouchedRRset[] {
    const changed = changedRRsets(diff, (name, type) => this.names.get(name)?.get(type))
    for (const change of changed) this.settle(change)
    return changed.map(({ name, type }) => ({ name, type }))
  }

  private settle({ name, type, rrset }: ChangedRRset): void {
    if (rrset !== undefined) {
      this.put(rrset)
      return
    }
    const types = this.names.get(name)
    types?.delete(type)
    if (types?.size === 0) this.names.delete(name)
  }
}

export interface TouchedRRset {
  readonly name: Name
  readonly type: number
}

/** An RRset as a diff leaves it: undefined when no record of it is left. */
export interface ChangedRRset extends TouchedRRset {
  readonly rrset: RRset | undefined
}

/**
 * What a diff makes of the RRsets that it touches, in time linear in both. Pure. Throws {@link DiffMismatch} when a removed
 * record is not there or an added one already is.
 */
export function changedRRsets(
  diff: ZoneDiff,
  stored: (name: Name, type: number) => RRset | undefined,
): ChangedRRset[] {
  const drafts = new Drafts(stored)
  if (diff.oldSoa !== undefined) drafts.remove(diff.oldSoa)
  for (const record of diff.removed) drafts.remove(record)
  drafts.add(diff.newSoa)
  for (const record of diff.added) drafts.add(record)
  return drafts.changed()
}

/** As {@link changedRRsets}, for records of a piece of a diff that is too large to be held: what goes, then what comes. */
export function changedBy(
  removed: readonly ResourceRecord[],
  added: readonly ResourceRecord[],
  stored: (name: Name, type: number) => RRset | undefined,
): ChangedRRset[] {
  const drafts = new Drafts(stored)
  for (const record of removed) drafts.remove(record)
  for (const record of added) drafts.add(record)
  return drafts.changed()
}

/** So few are looked through one by one, which is cheaper than keys for them; most diffs and RRsets have no more. */
const FEW = 8

/** The RRsets that a diff touches. */
class Drafts {
  private readonly stored: (name: Name, type: number) => RRset | undefined
  private readonly all: RRsetDraft[] = []
  private byKey: Map<string, RRsetDraft> | undefined

  constructor(stored: (name: Name, type: number) => RRset | undefined) {
    this.stored = stored
  }

  remove(record: ResourceRecord): void {
    this.draftOf(record).remove(record)
  }

  add(record: ResourceRecord): void {
    this.draftOf(record).add(record)
  }

  /** In the order in which they were touched. */
  changed(): ChangedRRset[] {
    return this.all.map(({ name, type, rrset }) => ({ name, type, rrset }))
  }

  private draftOf(record: ResourceRecord): RRsetDraft {
    const { type } = record
    const name = canonicalName(record.name)
    const known = this.find(name, type)
    if (known !== undefined) return known
    const draft = new RRsetDraft(name, type, this.stored(name, type))
    this.all.push(draft)
    if (this.byKey !== undefined) this.byKey.set(keyOf(draft), draft)
    else if (this.all.length > FEW) this.byKey = new Map(this.all.map((one) => [keyOf(one), one]))
    return draft
  }

  private find(name: Name, type: number): RRsetDraft | undefined {
    if (this.byKey !== undefined) return this.byKey.get(keyOf({ name, type }))
    for (const draft of this.all) if (draft.type === type && draft.name === name) return draft
    return undefined
  }
}

function keyOf({ name, type }: TouchedRRset): string {
  return `${type} ${name}`
}

/** RDATA of one type in their order, none twice. */
class RdataSet {
  private readonly type: number
  private few: Uint8Array[]
  private many: Map<string, Uint8Array> | undefined

  constructor(type: number, rdata: readonly Uint8Array[]) {
    this.type = type
    this.few = rdata.length > FEW ? [] : rdata.slice()
    if (rdata.length > FEW) this.many = this.byKey(rdata)
  }

  get size(): number {
    return this.many === undefined ? this.few.length : this.many.size
  }

  values(): Uint8Array[] {
    return this.many === undefined ? this.few : [...this.many.values()]
  }

  /** False when it is not there. */
  delete(rdata: Uint8Array): boolean {
    if (this.many !== undefined) return this.many.delete(rdataKey(this.type, rdata))
    const index = this.indexOf(rdata)
    if (index !== -1) this.few.splice(index, 1)
    return index !== -1
  }

  /** False when it is there. */
  add(rdata: Uint8Array): boolean {
    if (this.many === undefined) {
      if (this.indexOf(rdata) !== -1) return false
      this.few.push(rdata)
      if (this.few.length > FEW) this.many = this.byKey(this.few)
      return true
    }
    const key = rdataKey(this.type, rdata)
    if (this.many.has(key)) return false
    this.many.set(key, rdata)
    return true
  }

  private indexOf(rdata: Uint8Array): number {
    return this.few.findIndex((one) => rdataEqual(this.type, one, rdata))
  }

  private byKey(all: readonly Uint8Array[]): Map<string, Uint8Array> {
    return new Map(all.map((rdata) => [rdataKey(this.type, rdata), rdata]))
  }
}

/** One RRset while a diff is applied to it. */
class RRsetDraft {
  readonly name: Name
  readonly type: number
  private head: Pick<RRset, 'name' | 'ttl'> | undefined
  private readonly values: RdataSet

  constructor(name: Name, type: number, stored: RRset | undefined) {
    this.name = name
    this.type = type
    this.head = stored
    this.values = new RdataSet(type, stored?.rdata ?? [])
  }

  /** Undefined when no record is left. */
  get rrset(): RRset | undefined {
    if (this.head === undefined) return undefined
    return { name: this.head.name, type: this.type, ttl: this.head.ttl, rdata: this.values.values() }
  }

  remove({ ttl, rdata }: ResourceRecord): void {
    if (this.head?.ttl !== ttl || !this.values.delete(rdata))
      throw new DiffMismatch(`no such record to remove: ${this.name} ${typeToText(this.type)}`)
    if (this.values.size === 0) this.head = undefined
  }

  add({ name, class: class_, ttl, rdata }: ResourceRecord): void {
    if (class_ !== Class.IN) throw new DiffMismatch(`class ${class_} cannot be stored`)
    this.head ??= { name, ttl }
    const isSecondSoa = this.type === Type.SOA && this.values.size > 0
    if (this.head.ttl !== ttl || isSecondSoa || !this.values.add(rdata))
      throw new DiffMismatch(
        `record to add does not fit what is there: ${this.name} ${typeToText(this.type)}`,
      )
  }
}
