import { Class } from '../../../shared/dns/codes.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import { rdataKey } from '../../../shared/dns/rdata.ts'
import type { ResourceRecord, RRset } from '../../../shared/dns/record.ts'
import type { NameContents, ZoneView } from '../../../shared/zone-contents.ts'

/** An RRset while a message is applied to it; values by their comparable form (RFC 2136 §1.1.1). */
export interface DraftRRset {
  readonly name: GivenName
  readonly type: number
  ttl: number
  readonly values: Map<string, Uint8Array>
}

/** A name that a message touches, as it was and as it is now. */
export interface TouchedName {
  readonly name: Name
  readonly before: NameContents
  readonly after: ReadonlyMap<number, DraftRRset>
}

/** Records that a message takes away and puts in, all in all. */
export interface NetChange {
  readonly removed: ResourceRecord[]
  readonly added: ResourceRecord[]
}

const NOTHING: NameContents = new Map()

/** The names that one message touches, copied on first touch; the zone beneath stays as it is until the diff is applied. */
export class Draft {
  private readonly zone: ZoneView
  private readonly names = new Map<Name, Map<number, DraftRRset>>()

  constructor(zone: ZoneView) {
    this.zone = zone
  }

  at(name: Name): Map<number, DraftRRset> {
    let types = this.names.get(name)
    if (types === undefined) {
      types = new Map()
      for (const rrset of this.zone.at(name)?.values() ?? []) types.set(rrset.type, draftOf(rrset))
      this.names.set(name, types)
    }
    return types
  }

  *touched(): Generator<TouchedName> {
    for (const [name, after] of this.names) yield { name, before: this.zone.at(name) ?? NOTHING, after }
  }

  /** What the message changed in all: nothing that it took away and put back. */
  netChange(): NetChange {
    const change: NetChange = { removed: [], added: [] }
    for (const { before, after } of this.touched())
      for (const type of new Set([...before.keys(), ...after.keys()])) {
        const old = before.get(type)
        compare(old === undefined ? undefined : draftOf(old), after.get(type), change)
      }
    return change
  }
}

export function comparable(type: number, rdata: Uint8Array): string {
  return rdataKey(type, rdata)
}

function draftOf({ name, type, ttl, rdata }: RRset): DraftRRset {
  return { name, type, ttl, values: new Map(rdata.map((value) => [comparable(type, value), value])) }
}

/** An RRset has one TTL, so a new TTL replaces all of its records. */
function compare(old: DraftRRset | undefined, now: DraftRRset | undefined, change: NetChange): void {
  const sameTtl = old?.ttl === now?.ttl
  for (const [key, rdata] of old?.values ?? [])
    if (!sameTtl || !now?.values.has(key)) change.removed.push(recordOf(old!, rdata))
  for (const [key, rdata] of now?.values ?? [])
    if (!sameTtl || !old?.values.has(key)) change.added.push(recordOf(now!, rdata))
}

function recordOf({ name, type, ttl }: DraftRRset, rdata: Uint8Array): ResourceRecord {
  return { name, type, class: Class.IN, ttl, rdata }
}
