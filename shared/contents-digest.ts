import { hash } from 'node:crypto'
import { Class } from './dns/codes.ts'
import { canonicalName } from './dns/name.ts'
import { type ResourceRecord, type RRset, recordToWire } from './dns/record.ts'

const WORDS = 8

/**
 * A number that two sets of records share when they are equal, whatever their order and the case of their owners: the sum, modulo 2^256,
 * of the SHA-256 of each record. It follows changes without the records. It finds what broke; against who can choose records to make
 * two sums meet, history is verified octet for octet.
 */
export class ContentsDigest {
  private readonly sum = new Uint32Array(WORDS)

  constructor(value?: Uint8Array) {
    if (value === undefined) return
    const octets = Buffer.from(value)
    for (let word = 0; word < WORDS; word++) this.sum[word] = octets.readUInt32BE(4 * word)
  }

  get value(): Buffer {
    const octets = Buffer.alloc(4 * WORDS)
    for (let word = 0; word < WORDS; word++) octets.writeUInt32BE(this.sum[word]!, 4 * word)
    return octets
  }

  addSet({ name, type, ttl, rdata }: RRset): this {
    for (const one of rdata) this.move({ name, type, class: Class.IN, ttl, rdata: one }, 1)
    return this
  }

  /** Begins contents anew. */
  clear(): this {
    this.sum.fill(0)
    return this
  }

  /** For one record of a diff, by its half. */
  step(half: 'removed' | 'added', record: ResourceRecord): this {
    this.move(record, half === 'added' ? 1 : -1)
    return this
  }

  private move(record: ResourceRecord, sign: 1 | -1): void {
    const wire = recordToWire({ ...record, name: canonicalName(record.name) })
    const octets = hash('sha256', wire, 'buffer')
    let carry = 0
    for (let word = WORDS - 1; word >= 0; word--) {
      const total = this.sum[word]! + sign * octets.readUInt32BE(4 * word) + carry
      this.sum[word] = total
      carry = Math.floor(total / 0x1_0000_0000)
    }
  }
}
