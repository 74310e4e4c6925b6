/** What is kept for each name of a zone, by its number, in columns that grow together. Numbers of names that went are used again. */
export class NameColumns {
  addresses = new Uint32Array(SMALLEST)
  hashes = new Uint32Array(SMALLEST)
  /** How many names one label longer exist. */
  children = new Uint32Array(SMALLEST)
  private readonly free: number[] = []
  private used = 0

  /** Every number is below. */
  get limit(): number {
    return this.used
  }

  get octets(): number {
    return this.addresses.byteLength * 3
  }

  take(hash: number): number {
    const id = this.free.pop() ?? this.used++
    if (id === this.addresses.length) this.grow()
    this.addresses[id] = NOWHERE
    this.hashes[id] = hash
    this.children[id] = 0
    return id
  }

  give(id: number): void {
    this.addresses[id] = NOWHERE
    this.free.push(id)
  }

  private grow(): void {
    const length = Math.ceil(this.addresses.length * 1.5)
    this.addresses = longer(this.addresses, length)
    this.hashes = longer(this.hashes, length)
    this.children = longer(this.children, length)
  }
}

/** The address of a number that is no name's. */
export const NOWHERE = 0xffff_ffff

const SMALLEST = 8

function longer(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(length)
  copy.set(column)
  return copy
}
