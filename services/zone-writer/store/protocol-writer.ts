/** Room that most groups of statements fit into. */
const USUAL_OCTETS = 16_384

/** Builds messages of Postgres' protocol, and values in its binary form: big-endian, each with its length before it. */
export class ProtocolWriter {
  private buffer = Buffer.allocUnsafe(USUAL_OCTETS)
  private readonly most: number
  length = 0

  /** `most` octets in all. */
  constructor(most: number) {
    this.most = most
  }

  byte(value: number): this {
    const start = this.room(1)
    this.buffer[start] = value
    return this
  }

  int16(value: number): this {
    const start = this.room(2)
    this.buffer.writeInt16BE(value, start)
    return this
  }

  int32(value: number): this {
    const start = this.room(4)
    this.buffer.writeInt32BE(value, start)
    return this
  }

  /** A whole number of less than 2^53, of either sign. */
  int64(value: number): this {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`)
    const high = Math.floor(value / 2 ** 32)
    const start = this.room(8)
    this.buffer.writeInt32BE(high, start)
    this.buffer.writeUInt32BE(value - high * 2 ** 32, start + 4)
    return this
  }

  octets(value: Uint8Array): this {
    const start = this.room(value.length)
    this.buffer.set(value, start)
    return this
  }

  /** In UTF-8, with its length before it. */
  text(value: string): this {
    // no octet is shorter than the text, and none takes more than three
    const start = this.room(4 + 3 * value.length)
    const octets = this.buffer.write(value, start + 4, 'utf8')
    this.buffer.writeInt32BE(octets, start)
    this.length = start + 4 + octets
    return this
  }

  /** With a zero behind it, as names are. */
  terminated(value: string): this {
    const start = this.room(3 * value.length + 1)
    const octets = this.buffer.write(value, start, 'utf8')
    this.buffer[start + octets] = 0
    this.length = start + octets + 1
    return this
  }

  /** What `build` writes, with its length before it, which counts itself in messages and not in values. */
  measured(build: () => void, countsItself: boolean): this {
    const start = this.room(4)
    build()
    this.buffer.writeInt32BE(this.length - start - (countsItself ? 0 : 4), start)
    return this
  }

  message(code: string, build: () => void): this {
    return this.byte(code.charCodeAt(0)).measured(build, true)
  }

  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  /** Where the next so many octets go. */
  private room(octets: number): number {
    const start = this.length
    this.length += octets
    if (this.length > this.most)
      throw new Error(`a batch of more than ${this.most} octets is too large for one transaction`)
    if (this.length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(2 * this.length)
      larger.set(this.buffer.subarray(0, start))
      this.buffer = larger
    }
    return start
  }
}
