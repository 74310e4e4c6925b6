import type { Name } from '../../../../shared/dns/name.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { NameContents } from '../../../../shared/zone-contents.ts'
import { eachSet, findSet, type Place, readSet, setCount, typeOfSet } from './block.ts'

/** The RRsets of one name where they lie; each is copied out when it is asked for. Not to be kept until the zone changes. */
export class NameSets implements NameContents {
  private readonly place: Place
  private readonly name: Name

  constructor(place: Place, name: Name) {
    this.place = place
    this.name = name
  }

  get size(): number {
    return setCount(this.place)
  }

  has(type: number): boolean {
    return findSet(this.place, type) >= 0
  }

  get(type: number): RRset | undefined {
    const at = findSet(this.place, type)
    return at < 0 ? undefined : readSet(this.place, at, this.name)
  }

  *keys(): MapIterator<number> {
    for (const at of eachSet(this.place)) yield typeOfSet(this.place, at)
  }

  *values(): MapIterator<RRset> {
    for (const at of eachSet(this.place)) yield readSet(this.place, at, this.name)
  }

  *entries(): MapIterator<[number, RRset]> {
    for (const rrset of this.values()) yield [rrset.type, rrset]
  }

  [Symbol.iterator](): MapIterator<[number, RRset]> {
    return this.entries()
  }

  forEach(visit: (rrset: RRset, type: number, sets: NameContents) => void): void {
    for (const [type, rrset] of this) visit(rrset, type, this)
  }
}
