import { putU32, u32 } from '../../../../shared/dns/octets.ts'

/** Who keeps the addresses of blocks: one for each key. */
export interface BlockOwner {
  /** Where the block of a key is. */
  addressOf(key: number): number
  /** The block of a key has gone to another address. */
  moved(key: number, address: number): void
}

/**
 * Blocks of octets in a few large buffers, written one behind another, so that a million of them cost the garbage collector
 * nothing. What is replaced leaves holes; a segment that is mostly holes is emptied and given back, in time that the changes
 * which made the holes have paid for.
 *
 * A block begins with its key and its size. An address is a segment's number and an offset in it, packed into 32 bits.
 */
export class Segments {
  private readonly owner: BlockOwner
  private readonly segments: (Segment | undefined)[] = []
  private readonly free: number[] = []
  private current = NONE
  private size = 0
  /** Of that, segments that hold a single long block. */
  private oversize = 0

  constructor(owner: BlockOwner) {
    this.owner = owner
  }

  /** Octets of all buffers. */
  get octets(): number {
    return this.size
  }

  /** Where the block at an address lies: its content begins {@link HEADER} octets after `offset`. */
  segmentOf(address: number): Segment {
    return this.segments[address >>> OFFSET_BITS]!
  }

  /** Octets of content that the block at an address has room for. */
  capacity(address: number): number {
    return u32(this.segmentOf(address).octets, offsetOf(address) + 4) - HEADER
  }

  /** Writes a block; returns its address. Other blocks may move, also the one that the key has had so far. */
  add(key: number, content: Uint8Array): number {
    const length = HEADER + content.length
    const before = this.current
    const number = this.roomFor(length)
    const segment = this.segments[number]!
    const offset = segment.used
    putU32(segment.octets, offset, key)
    putU32(segment.octets, offset + 4, length)
    segment.octets.set(content, offset + HEADER)
    segment.used += length
    segment.live += length
    if (before !== this.current && before !== NONE) this.tidy(before)
    return addressIn(number, offset)
  }

  /** Writes over a block that has room for it. */
  overwrite(address: number, content: Uint8Array): void {
    this.segmentOf(address).octets.set(content, offsetOf(address) + HEADER)
  }

  /** Gives up a block that is not its key's any more. Other blocks may move. */
  remove(address: number): void {
    const number = address >>> OFFSET_BITS
    const segment = this.segments[number]!
    segment.live -= u32(segment.octets, offsetOf(address) + 4)
    if (number !== this.current) this.tidy(number)
  }

  /** Empties a segment that is mostly holes. */
  private tidy(number: number): void {
    const segment = this.segments[number]!
    if (segment.live > segment.used / 2) return
    // not to be emptied once more while its blocks find another place
    this.segments[number] = undefined
    for (let offset = 0; segment.live > 0 && offset < segment.used; ) {
      const [key, length] = [u32(segment.octets, offset), u32(segment.octets, offset + 4)]
      if (this.owner.addressOf(key) === addressIn(number, offset)) {
        this.owner.moved(key, this.add(key, segment.octets.subarray(offset + HEADER, offset + length)))
        segment.live -= length
      }
      offset += length
    }
    this.size -= segment.octets.length
    if (segment.isOversize) this.oversize -= segment.octets.length
    this.free.push(number)
  }

  private roomFor(length: number): number {
    const current = this.segments[this.current]
    if (current !== undefined && current.used + length <= current.octets.length) return this.current
    const usual = Math.min(LARGEST_SEGMENT, Math.max(SMALLEST_SEGMENT, (this.size - this.oversize) >>> 1))
    if (length <= LONG_BLOCK) {
      this.current = this.open(Math.max(usual, length))
      return this.current
    }
    // one of its own, and the present one goes on being filled
    const number = this.open(length)
    this.segments[number]!.isOversize = true
    this.oversize += length
    return number
  }

  private open(length: number): number {
    const number = this.free.pop() ?? this.segments.length
    if (number > MOST_SEGMENTS) throw new RangeError('a zone of more than 4 GiB cannot be held')
    this.segments[number] = new Segment(length)
    this.size += length
    return number
  }
}

export class Segment {
  readonly octets: Uint8Array
  /** The same octets, for reading text. */
  readonly text: Buffer
  isOversize = false
  used = 0
  /** Octets of blocks that have not been given up. */
  live = 0

  constructor(length: number) {
    this.octets = new Uint8Array(length)
    this.text = Buffer.from(this.octets.buffer)
  }
}

/** Octets before the content of a block. */
export const HEADER = 8

const NONE = -1
const OFFSET_BITS = 18
const LARGEST_SEGMENT = 1 << OFFSET_BITS
const SMALLEST_SEGMENT = 512
const LONG_BLOCK = LARGEST_SEGMENT / 4
// the highest address stands for none
const MOST_SEGMENTS = 2 ** (32 - OFFSET_BITS) - 2

function addressIn(segment: number, offset: number): number {
  return ((segment << OFFSET_BITS) | offset) >>> 0
}

export function offsetOf(address: number): number {
  return address & (LARGEST_SEGMENT - 1)
}
