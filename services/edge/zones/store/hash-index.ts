/**
 * Finds small whole numbers by a hash, with linear probing. Deletion moves what follows back, so lookups never pass graves.
 * Costs 4 octets for each place, and about 3 places for 2 numbers.
 */
export class HashIndex {
  private slots = new Uint32Array(SMALLEST)
  private used = 0
  private readonly isName: (id: number, name: string, length: number) => boolean

  constructor(isName: (id: number, name: string, length: number) => boolean) {
    this.isName = isName
  }

  get octets(): number {
    return this.slots.byteLength
  }

  /** The number of the name whose labels before the zone's are the first `length` characters; -1 when there is none. */
  find(hash: number, hashes: Uint32Array, name: string, length: number): number {
    const { slots } = this
    const mask = slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = slots[slot]! - 1
      if (id < 0 || (hashes[id] === hash && this.isName(id, name, length))) return id
    }
  }

  /** `hashes` has the hash of each number that is in here. */
  add(id: number, hashes: Uint32Array): void {
    if (++this.used * 4 > this.slots.length * 3) this.grow(hashes)
    place(this.slots, id, hashes[id]!)
  }

  remove(id: number, hashes: Uint32Array): void {
    const { slots } = this
    const mask = slots.length - 1
    let hole = hashes[id]! & mask
    while (slots[hole] !== id + 1) hole = (hole + 1) & mask
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = hashes[slots[slot]! - 1]! & mask
      // it may not go before the place where its search begins
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      hole = slot
    }
    slots[hole] = 0
    this.used--
  }

  private grow(hashes: Uint32Array): void {
    const larger = new Uint32Array(this.slots.length * 2)
    for (const entry of this.slots) if (entry !== 0) place(larger, entry - 1, hashes[entry - 1]!)
    this.slots = larger
  }
}

const SMALLEST = 16

function place(slots: Uint32Array, id: number, hash: number): void {
  const mask = slots.length - 1
  let slot = hash & mask
  while (slots[slot] !== 0) slot = (slot + 1) & mask
  slots[slot] = id + 1
}
