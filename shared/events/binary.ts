const SHORT = 64
const LAST_ASCII = 0x7f
const USUAL = 1_024
/** Of a writer that is used again. */
const MOST_KEPT = 64 * 1024

/** Builds a run of length-prefixed fields; integers are big-endian. */
export class BinaryWriter {
  private buffer = Buffer.allocUnsafe(USUAL)
  private length = 0

  byte(value: number): this {
    const start = this.room(1)
    this.buffer[start] = value
    return this
  }

  uint32(value: number): this {
    const start = this.room(4)
    this.buffer.writeUInt32BE(value, start)
    return this
  }

  /** For ids, sequence numbers and ms since the epoch: whole numbers up to 2^53. */
  uint64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no whole number`)
    return this.uint32(Math.floor(value / 2 ** 32)).uint32(value % 2 ** 32)
  }

  bytes(value: Uint8Array): this {
    this.uint32(value.length)
    const start = this.room(value.length)
    this.buffer.set(value, start)
    return this
  }

  text(value: string): this {
    return (value.length <= SHORT && this.shortText(value)) || this.longText(value)
  }

  /** Forgets what was written. */
  restart(): this {
    this.length = 0
    if (this.buffer.length > MOST_KEPT) this.buffer = Buffer.allocUnsafe(USUAL)
    return this
  }

  /** What was written, until anything else is. */
  get written(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  /** What was written, in memory of its own, with so many octets behind it that are still to be filled. */
  finish(more = 0): Uint8Array {
    const octets = Buffer.allocUnsafe(this.length + more)
    octets.set(this.buffer.subarray(0, this.length))
    return octets
  }

  /** Most texts are short and plain: a call out of JavaScript takes longer than their octets. Undefined, and nothing written, for others. */
  private shortText(value: string): this | undefined {
    const { length } = value
    const start = this.room(4 + length)
    const { buffer } = this
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > LAST_ASCII) {
        this.length = start
        return undefined
      }
      buffer[start + 4 + index] = code
    }
    buffer[start] = buffer[start + 1] = buffer[start + 2] = 0
    buffer[start + 3] = length
    return this
  }

  private longText(value: string): this {
    const length = Buffer.byteLength(value, 'utf8')
    this.uint32(length)
    const start = this.room(length)
    this.buffer.write(value, start, length, 'utf8')
    return this
  }

  /** Where the next so many octets go. */
  private room(octets: number): number {
    const start = this.length
    this.length += octets
    if (this.length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.length, 2 * this.buffer.length))
      larger.set(this.buffer.subarray(0, start))
      this.buffer = larger
    }
    return start
  }
}

/** A payload that another version wrote, or that was cut or changed on its way. */
export class UnreadablePayload extends Error {}

/** Reads what {@link BinaryWriter} wrote. Throws {@link UnreadablePayload} when the bytes run out. */
export class BinaryReader {
  private offset = 0
  private readonly buffer: Buffer

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get position(): number {
    return this.offset
  }

  byte(): number {
    return this.buffer.readUInt8(this.take(1))
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.take(4))
  }

  uint64(): number {
    return this.uint32() * 2 ** 32 + this.uint32()
  }

  bytes(): Uint8Array {
    return this.octets(this.uint32())
  }

  /** As many as are said, without a length before them. */
  octets(count: number): Uint8Array {
    const start = this.take(count)
    return this.buffer.subarray(start, start + count)
  }

  text(): string {
    const length = this.uint32()
    const start = this.take(length)
    return this.buffer.toString('utf8', start, start + length)
  }

  rest(): Uint8Array {
    return this.buffer.subarray(this.take(this.buffer.length - this.offset))
  }

  get isAtEnd(): boolean {
    return this.offset === this.buffer.length
  }

  end(): void {
    if (!this.isAtEnd) throw new UnreadablePayload('octets left over after the last field')
  }

  private take(count: number): number {
    const start = this.offset
    if (start + count > this.buffer.length) throw new UnreadablePayload('payload ends inside a field')
    this.offset += count
    return start
  }
}
