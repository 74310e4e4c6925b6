import { CompiledQuery } from 'kysely'
import type { Db } from './admin-zones.ts'

/** Signature, flags, and the length of an extension that there is not. */
const HEADER_OCTETS = 19
/** Microseconds since then are a time's binary form. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)

const HEX_DIGITS = Buffer.from('0123456789abcdef')
const UUID_GROUPS = [4, 2, 2, 2, 6]
// calls do not nest, so one serves all
const UUID_TEXT = Buffer.alloc(36)

/** The rows of a query without parameters, in Postgres' binary form. */
export async function binaryRows(db: Db, query: string, columns: number): Promise<BinaryRows> {
  const copied = CompiledQuery.raw(`copy (${query}) to stdout (format binary)`)
  let octets: Buffer | undefined
  for await (const { rows } of db.getExecutor().stream<Buffer>(copied, 1)) octets = rows[0]
  return new BinaryRows(octets!, columns)
}

/** Goes through rows and reads their values. Octets are views of their row, which lasts as long as one of them does; the other rows do not. */
export class BinaryRows {
  private readonly rows: Buffer
  private buffer: Buffer
  private readonly starts: Int32Array
  private readonly ends: Int32Array
  private readonly lastTexts: string[]
  private at = HEADER_OCTETS

  constructor(rows: Buffer, columns: number) {
    this.rows = rows
    this.buffer = rows
    this.starts = new Int32Array(columns)
    this.ends = new Int32Array(columns)
    this.lastTexts = new Array<string>(columns).fill('')
  }

  /** Goes to the next row; false when there is none. */
  next(): boolean {
    const { rows, starts, ends, at: start } = this
    if (rows.readInt16BE(start) === -1) return false
    let at = start + 2
    for (let column = 0; column < starts.length; column++) {
      const length = rows.readInt32BE(at)
      at += 4
      starts[column] = length < 0 ? -1 : at - start
      at += Math.max(0, length)
      ends[column] = at - start
    }
    this.buffer = Buffer.allocUnsafe(at - start)
    rows.copy(this.buffer, 0, start, at)
    this.at = at
    return true
  }

  isNull(column: number): boolean {
    return this.starts[column] === -1
  }

  int32(column: number): number {
    return this.buffer.readInt32BE(this.starts[column]!)
  }

  /** Exact below 2^53. */
  int64(column: number): number {
    const start = this.starts[column]!
    return this.buffer.readInt32BE(start) * 2 ** 32 + this.buffer.readUInt32BE(start + 4)
  }

  length(column: number): number {
    return this.ends[column]! - this.starts[column]!
  }

  octets(column: number): Buffer {
    return this.buffer.subarray(this.starts[column], this.ends[column])
  }

  /** Rows after one another often have the same text, which is not read again. */
  text(column: number): string {
    const last = this.lastTexts[column]!
    if (this.isAscii(column, last)) return last
    const text = this.buffer.toString('utf8', this.starts[column], this.ends[column])
    this.lastTexts[column] = text
    return text
  }

  uuid(column: number): string {
    const { buffer } = this
    let at = this.starts[column]!
    let written = 0
    for (const octets of UUID_GROUPS) {
      if (written > 0) UUID_TEXT[written++] = 0x2d
      for (const end = at + octets; at < end; at++) {
        UUID_TEXT[written++] = HEX_DIGITS[buffer[at]! >> 4]!
        UUID_TEXT[written++] = HEX_DIGITS[buffer[at]! & 0xf]!
      }
    }
    return UUID_TEXT.toString('latin1')
  }

  /** Ms since 1970, with microseconds as a fraction. Throws a RangeError for what is no moment, such as `infinity`. */
  time(column: number): number {
    const microseconds = this.int64(column)
    if (!Number.isSafeInteger(microseconds)) throw new RangeError('a time is out of range')
    return microseconds / 1_000 + POSTGRES_EPOCH_MS
  }

  private isAscii(column: number, text: string): boolean {
    const { buffer } = this
    const start = this.starts[column]!
    const { length } = text
    if (this.ends[column]! - start !== length) return false
    for (let index = 0; index < length; index++) {
      const octet = buffer[start + index]!
      if (octet > 0x7f || octet !== text.charCodeAt(index)) return false
    }
    return true
  }
}
