const LENGTH_OCTETS = 2

/**
 * Takes messages out of a stream where each has its length in two octets before it (RFC 1035 §4.2.2), fed in any pieces.
 * Messages are taken one by one, so that a reader that has enough for now can stop.
 */
export class FrameReader {
  private chunk: Uint8Array = new Uint8Array(0)
  private offset = 0
  private readonly length = Buffer.alloc(LENGTH_OCTETS)
  private lengthFilled = 0
  private body: Uint8Array | undefined
  private bodyFilled = 0

  push(chunk: Uint8Array): void {
    const left = this.chunk.subarray(this.offset)
    this.chunk = left.length === 0 ? chunk : Buffer.concat([left, chunk])
    this.offset = 0
  }

  /** The next whole message, or undefined until more octets come. */
  next(): Uint8Array | undefined {
    while (this.lengthFilled < LENGTH_OCTETS) {
      const octet = this.chunk[this.offset]
      if (octet === undefined) return undefined
      this.length[this.lengthFilled++] = octet
      this.offset++
    }
    const wanted = this.length.readUInt16BE()
    // usual: the whole message is in one piece, and needs no copy
    if (this.body === undefined && this.chunk.length - this.offset >= wanted) {
      const message = this.chunk.subarray(this.offset, this.offset + wanted)
      this.offset += wanted
      this.lengthFilled = 0
      return message
    }
    this.body ??= new Uint8Array(wanted)
    const piece = this.chunk.subarray(this.offset, this.offset + wanted - this.bodyFilled)
    this.body.set(piece, this.bodyFilled)
    this.bodyFilled += piece.length
    this.offset += piece.length
    return this.bodyFilled === wanted ? this.finish(this.body) : undefined
  }

  /** Whether the octets taken so far end inside a message. */
  get inside(): boolean {
    return this.lengthFilled > 0
  }

  private finish(body: Uint8Array): Uint8Array {
    this.body = undefined
    this.bodyFilled = 0
    this.lengthFilled = 0
    return body
  }
}

/** A message with its length before it, as one piece for one write. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(LENGTH_OCTETS + message.length)
  framed.writeUInt16BE(message.length)
  framed.set(message, LENGTH_OCTETS)
  return framed
}
