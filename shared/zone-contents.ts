import { Class, Type, typeToText } from './dns/codes.ts'
import { canonicalName, type Name } from './dns/name.ts'
import { rdataEqual } from './dns/rdata.ts'
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

  /** Throws {@link DiffMismatch} when a removed record is not there or an added one already is; contents are then unusable. */
  apply(diff: ZoneDiff): TouchedRRset[] {
    const touched = new Map<string, TouchedRRset>()
    const touch = (record: ResourceRecord): TouchedRRset => {
      const name = canonicalName(record.name)
      const entry = { name, type: record.type }
      touched.set(`${record.type} ${name}`, entry)
      return entry
    }
    const remove = (record: ResourceRecord) => this.remove(touch(record), record)
    const add = (record: ResourceRecord) => this.add(touch(record), record)
    if (diff.oldSoa !== undefined) remove(diff.oldSoa)
    diff.removed.forEach(remove)
    add(diff.newSoa)
    diff.added.forEach(add)
    return [...touched.values()]
  }

  private remove({ name, type }: TouchedRRset, record: ResourceRecord): void {
    const types = this.names.get(name)
    const rrset = types?.get(type)
    const index = rrset?.rdata.findIndex((rdata) => rdataEqual(type, rdata, record.rdata)) ?? -1
    if (types === undefined || rrset === undefined || index === -1 || rrset.ttl !== record.ttl)
      throw new DiffMismatch(`no such record to remove: ${name} ${typeToText(type)}`)
    if (rrset.rdata.length > 1) {
      types.set(type, { ...rrset, rdata: rrset.rdata.toSpliced(index, 1) })
      return
    }
    types.delete(type)
    if (types.size === 0) this.names.delete(name)
  }

  private add({ name, type }: TouchedRRset, record: ResourceRecord): void {
    const rrset = this.names.get(name)?.get(type)
    if (record.class !== Class.IN) throw new DiffMismatch(`class ${record.class} cannot be stored`)
    if (rrset === undefined) {
      this.put({ name: record.name, type, ttl: record.ttl, rdata: [record.rdata] })
      return
    }
    const present = rrset.rdata.some((rdata) => rdataEqual(type, rdata, record.rdata))
    if (present || rrset.ttl !== record.ttl || type === Type.SOA)
      throw new DiffMismatch(`record to add does not fit what is there: ${name} ${typeToText(type)}`)
    this.put({ ...rrset, rdata: [...rrset.rdata, record.rdata] })
  }
}

export interface TouchedRRset {
  readonly name: Name
  readonly type: number
}
