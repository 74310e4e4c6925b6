/** Builds a run of length-prefixed fields; integers are big-endian. */
export class BinaryWriter {
  private readonly parts: Uint8Array[] = []

  byte(value: number): this {
    return this.push(Uint8Array.of(value))
  }

  uint32(value: number): this {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeUInt32BE(value)
    return this.push(bytes)
  }

  /** For ids, sequence numbers and ms since the epoch: whole numbers up to 2^53. */
  uint64(value: number): this {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigUInt64BE(BigInt(value))
    return this.push(bytes)
  }

  bytes(value: Uint8Array): this {
    return this.uint32(value.length).push(value)
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value, 'utf8'))
  }

  finish(): Uint8Array {
    return Buffer.concat(this.parts)
  }

  private push(part: Uint8Array): this {
    this.parts.push(part)
    return this
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
    return Number(this.buffer.readBigUInt64BE(this.take(8)))
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
    return Buffer.from(this.bytes()).toString('utf8')
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
