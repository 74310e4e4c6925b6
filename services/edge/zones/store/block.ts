import type { GivenName, Name } from '../../../../shared/dns/name.ts'
import { putU16, putU32, u16, u32 } from '../../../../shared/dns/octets.ts'
import type { RRset } from '../../../../shared/dns/record.ts'

/**
 * How the RRsets of one name lie in a block:
 *
 *     length (2) and text of the name before the zone's name, canonical · number of sets (2) · each set:
 *     octets of the set from here (4) · type (2) · TTL (4) · 1 when the owner is written otherwise, then its text ·
 *     number of records (4) · each record's length (2) and RDATA
 */
export interface Place {
  readonly octets: Uint8Array
  readonly text: Buffer
  /** Where the content begins. */
  readonly at: number
}

/** Where the first set begins. */
function setsAt({ octets, at }: Place): number {
  return at + 4 + u16(octets, at)
}

export function labelsIn({ octets, text, at }: Place): string {
  return text.toString('latin1', at + 2, at + 2 + u16(octets, at))
}

/** Whether the block is of the name whose first `length` characters are the labels before the zone's name. */
export function isOf({ octets, at }: Place, name: string, length: number): boolean {
  if (u16(octets, at) !== length) return false
  for (let index = 0; index < length; index++)
    if (octets[at + 2 + index] !== name.charCodeAt(index)) return false
  return true
}

export function setCount({ octets, at }: Place): number {
  return u16(octets, at + 2 + u16(octets, at))
}

/** Where the set of a type begins; -1 when there is none. */
export function findSet(place: Place, type: number): number {
  let at = setsAt(place)
  for (let left = setCount(place); left > 0; left--) {
    if (u16(place.octets, at + 4) === type) return at
    at += u32(place.octets, at)
  }
  return -1
}

/** Where each set begins. */
export function eachSet(place: Place): number[] {
  const starts: number[] = []
  let at = setsAt(place)
  for (let left = setCount(place); left > 0; left--) {
    starts.push(at)
    at += u32(place.octets, at)
  }
  return starts
}

export function typeOfSet({ octets }: Place, at: number): number {
  return u16(octets, at + 4)
}

/** The set at an offset, with octets of its own. `name` is the canonical owner. */
export function readSet({ octets, text }: Place, at: number, name: Name): RRset {
  const type = u16(octets, at + 4)
  const ttl = u32(octets, at + 6)
  const isOtherwise = octets[at + 10] === 1
  let next = at + 11
  let owner: GivenName = name
  if (isOtherwise) {
    owner = text.toString('latin1', next, next + name.length) as GivenName
    next += name.length
  }
  const count = u32(octets, next)
  next += 4
  const rdata = new Array<Uint8Array>(count)
  for (let index = 0; index < count; index++) {
    const end = next + 2 + u16(octets, next)
    rdata[index] = octets.slice(next + 2, end)
    next = end
  }
  return { name: owner, type, ttl, rdata }
}

/** Builds the content of a block in a buffer that is used again for the next one. */
export class BlockWriter {
  private out = Buffer.allocUnsafeSlow(4_096)
  private at = 0
  private countAt = 0
  private count = 0

  /** Begins the block of the name whose first `length` characters are the labels before the zone's name. */
  begin(name: Name, length: number): this {
    this.at = putU16(this.out, 0, length)
    this.at += this.out.write(name, this.at, length, 'latin1')
    this.countAt = this.at
    this.at += 2
    this.count = 0
    return this
  }

  /** A set as it lies in another block of the same name. */
  copySet(place: Place, at: number): void {
    const length = u32(place.octets, at)
    this.reserve(length)
    this.out.set(place.octets.subarray(at, at + length), this.at)
    this.at += length
    this.count++
  }

  set(rrset: RRset, name: Name): void {
    const start = this.at
    const isOtherwise = rrset.name !== name
    this.reserve(15 + name.length)
    this.at = putU32(this.out, putU16(this.out, start + 4, rrset.type), rrset.ttl)
    this.out[this.at++] = isOtherwise ? 1 : 0
    if (isOtherwise) this.at += this.out.write(rrset.name, this.at, 'latin1')
    this.at = putU32(this.out, this.at, rrset.rdata.length)
    for (const rdata of rrset.rdata) {
      this.reserve(2 + rdata.length)
      this.at = putU16(this.out, this.at, rdata.length)
      this.out.set(rdata, this.at)
      this.at += rdata.length
    }
    putU32(this.out, start, this.at - start)
    this.count++
  }

  get sets(): number {
    return this.count
  }

  /** A view that the next {@link begin} makes invalid. */
  finish(): Uint8Array {
    putU16(this.out, this.countAt, this.count)
    return this.out.subarray(0, this.at)
  }

  private reserve(octets: number): void {
    if (this.at + octets <= this.out.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.out.length * 2, this.at + octets))
    larger.set(this.out.subarray(0, this.at))
    this.out = larger
  }
}
