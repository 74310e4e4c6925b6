import { Class } from '../../../../shared/dns/codes.ts'
import { canonicalRdata } from '../../../../shared/dns/rdata.ts'
import type { ResourceRecord, RRset } from '../../../../shared/dns/record.ts'

/** How one RRset becomes another by a diff. */
export interface SetChange {
  readonly removed: readonly ResourceRecord[]
  readonly added: readonly ResourceRecord[]
  /** What is then stored, where that is not simply the new set (shared/zone-contents.ts applies the diff the same way). */
  readonly merged?: RRset
}

/** The change from the stored set to the new one; of equal records the stored one stays, in its place and its case. */
export function changeOfSet(before: RRset | undefined, after: RRset | undefined): SetChange {
  if (before === undefined || after === undefined || before.ttl !== after.ttl)
    return { removed: recordsOf(before), added: recordsOf(after) }
  const [had, has] = [keysOf(before), keysOf(after)]
  const kept = before.rdata.filter((_, index) => has.all.has(had.list[index]!))
  const gone = before.rdata.filter((_, index) => !has.all.has(had.list[index]!))
  const come = after.rdata.filter((_, index) => !had.all.has(has.list[index]!))
  return {
    removed: recordsOf(before, gone),
    added: recordsOf(kept.length > 0 ? { ...after, name: before.name } : after, come),
    ...(kept.length > 0 ? { merged: { ...before, rdata: [...kept, ...come] } } : {}),
  }
}

function recordsOf(set: RRset | undefined, rdata = set?.rdata): ResourceRecord[] {
  if (set === undefined || rdata === undefined) return []
  const { name, type, ttl } = set
  return rdata.map((one) => ({ name, type, class: Class.IN, ttl, rdata: one }))
}

function keysOf({ type, rdata }: RRset): { list: string[]; all: Set<string> } {
  const list = rdata.map((one) => Buffer.from(canonicalRdata(type, one)).toString('latin1'))
  return { list, all: new Set(list) }
}
