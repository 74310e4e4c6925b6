import { Class, Type, typeToText } from './dns/codes.ts'
import { canonicalName, type Name } from './dns/name.ts'
import { rdataKey } from './dns/rdata.ts'
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
  const removed = diff.oldSoa === undefined ? diff.removed : [diff.oldSoa, ...diff.removed]
  return changedBy(removed, [diff.newSoa, ...diff.added], stored)
}

/** As {@link changedRRsets}, for records of a diff, or of a piece of one that is too large to be held: what goes, then what comes. */
export function changedBy(
  removed: readonly ResourceRecord[],
  added: readonly ResourceRecord[],
  stored: (name: Name, type: number) => RRset | undefined,
): ChangedRRset[] {
  const drafts = new Map<string, RRsetDraft>()
  const draftOf = (record: ResourceRecord): RRsetDraft => {
    const name = canonicalName(record.name)
    const key = `${record.type} ${name}`
    const draft = drafts.get(key) ?? new RRsetDraft(name, record.type, stored(name, record.type))
    drafts.set(key, draft)
    return draft
  }
  for (const record of removed) draftOf(record).remove(record)
  for (const record of added) draftOf(record).add(record)
  return [...drafts.values()].map(({ name, type, rrset }) => ({ name, type, rrset }))
}

/** One RRset while a diff is applied to it. */
class RRsetDraft {
  readonly name: Name
  readonly type: number
  private head: Pick<RRset, 'name' | 'ttl'> | undefined
  private readonly values: Map<string, Uint8Array>

  constructor(name: Name, type: number, stored: RRset | undefined) {
    this.name = name
    this.type = type
    this.head = stored
    this.values = new Map((stored?.rdata ?? []).map((rdata) => [rdataKey(type, rdata), rdata]))
  }

  /** Undefined when no record is left. */
  get rrset(): RRset | undefined {
    if (this.head === undefined) return undefined
    return { name: this.head.name, type: this.type, ttl: this.head.ttl, rdata: [...this.values.values()] }
  }

  remove({ ttl, rdata }: ResourceRecord): void {
    if (this.head?.ttl !== ttl || !this.values.delete(rdataKey(this.type, rdata)))
      throw new DiffMismatch(`no such record to remove: ${this.name} ${typeToText(this.type)}`)
    if (this.values.size === 0) this.head = undefined
  }

  add({ name, class: class_, ttl, rdata }: ResourceRecord): void {
    if (class_ !== Class.IN) throw new DiffMismatch(`class ${class_} cannot be stored`)
    this.head ??= { name, ttl }
    const key = rdataKey(this.type, rdata)
    const isSecondSoa = this.type === Type.SOA && this.values.size > 0
    if (this.head.ttl !== ttl || this.values.has(key) || isSecondSoa)
      throw new DiffMismatch(
        `record to add does not fit what is there: ${this.name} ${typeToText(this.type)}`,
      )
    this.values.set(key, rdata)
  }
}
