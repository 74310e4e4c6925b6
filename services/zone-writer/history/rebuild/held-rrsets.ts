import type { Name } from '../../../../shared/dns/name.ts'
import { ownCopy } from '../../../../shared/dns/octets.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { ChangedRRset } from '../../../../shared/zone-contents.ts'

/** An RRset of a fold; undefined when it is known that there is none. */
export interface HeldRRset {
  readonly name: Name
  readonly type: number
  rrset: RRset | undefined
  /** Whether the table has it otherwise. */
  isNew: boolean
}

/** RRsets that a fold holds in memory, by name: most names have few types. */
export class HeldRRsets {
  private readonly names = new Map<Name, HeldRRset[]>()
  /** Whose octets may be views of events, which must not stay in memory for them. */
  private readonly ofEvents = new Set<HeldRRset>()
  private count = 0

  get size(): number {
    return this.count
  }

  get(name: Name, type: number): HeldRRset | undefined {
    const all = this.names.get(name)
    if (all !== undefined) for (const held of all) if (held.type === type) return held
    return undefined
  }

  /** One that is not held yet, as the table has it. */
  put(name: Name, type: number, rrset?: RRset): HeldRRset {
    const held: HeldRRset = { name, type, rrset, isNew: false }
    const all = this.names.get(name)
    if (all === undefined) this.names.set(name, [held])
    else all.push(held)
    this.count++
    return held
  }

  /** As an event leaves it. */
  change({ name, type, rrset }: ChangedRRset): void {
    const held = this.get(name, type) ?? this.put(name, type)
    held.rrset = rrset
    held.isNew = true
    this.ofEvents.add(held)
  }

  /** Copies the octets of what was changed, so that the events that they came with can go. */
  ownOctets(): void {
    for (const held of this.ofEvents)
      if (held.rrset !== undefined) held.rrset = { ...held.rrset, rdata: held.rrset.rdata.map(ownCopy) }
    this.ofEvents.clear()
  }

  clear(): void {
    this.names.clear()
    this.ofEvents.clear()
    this.count = 0
  }

  *[Symbol.iterator](): Generator<HeldRRset> {
    for (const all of this.names.values()) yield* all
  }
}
