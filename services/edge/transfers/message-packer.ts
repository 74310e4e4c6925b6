import { Class, Opcode } from '../../../shared/dns/codes.ts'
import type { Edns } from '../../../shared/dns/edns.ts'
import { encodeResponse, type Message } from '../../../shared/dns/message.ts'
import { NameTable } from '../../../shared/dns/name-table.ts'
import { putU16 } from '../../../shared/dns/octets.ts'
import { type ResourceRecord, type RRset, writeRecordBody } from '../../../shared/dns/record.ts'

/** Names beyond the first 16 KiB of a message cannot be pointed to (RFC 1035 §4.1.4), so longer messages compress worse. */
const USUAL_OCTETS = 16 * 1024
const LARGEST = 65_535
const COUNT_AT = 6

/**
 * Packs records into the messages of a transfer, many in each, with compressed owner names (RFC 5936 §2.2, §3.4). Only the first
 * message has the question and the OPT record of the answer.
 */
export class MessagePacker {
  private readonly out: Buffer
  private readonly largest: number
  private readonly request: Message
  private readonly question: Uint8Array
  private readonly edns: Partial<Edns> | undefined
  private readonly reserve: number
  private names: NameTable
  private count = 0
  private at = 0
  private opt: Uint8Array = new Uint8Array()

  /** `reserve` octets of each message are kept for a signature; `edns` is for the OPT record where the request had one. */
  constructor(bytes: Uint8Array, request: Message, reserve: number, edns: Partial<Edns>, largest = LARGEST) {
    this.out = Buffer.allocUnsafe(largest + 1_100)
    this.names = new NameTable(this.out)
    this.largest = largest
    this.request = request
    this.question = bytes.subarray(12, request.questionEnd)
    this.edns = request.edns && { ...edns, dnssecOk: request.edns.dnssecOk }
    this.reserve = reserve
    this.begin(this.question, this.edns)
  }

  /** False when the record does not fit any more: the message has to be taken first. Throws for one that fits into none. */
  add(record: ResourceRecord): boolean {
    const end = this.at + record.name.length + 11 + record.rdata.length
    if (this.count > 0 && end > USUAL_OCTETS - this.reserve) return false
    const largest = this.largest - this.reserve - this.opt.length
    if (end > largest + 1_024) throw new RangeError(`a record of ${record.name} is too long for a message`)
    const next = writeRecordBody(record, this.out, this.names.write(record.name, this.at))
    if (next > largest) throw new RangeError(`a record of ${record.name} is too long for a message`)
    this.at = next
    this.count++
    return true
  }

  /** Whether the message with the record, and with what is reserved, has at most `octets`; names count uncompressed. */
  fits(record: ResourceRecord, octets: number): boolean {
    const end = this.at + record.name.length + 11 + record.rdata.length
    return end + this.opt.length + this.reserve <= octets
  }

  get isEmpty(): boolean {
    return this.count === 0
  }

  /** The message with what was added since the last one. */
  take(): Uint8Array {
    putU16(this.out, COUNT_AT, this.count)
    this.out.set(this.opt, this.at)
    const message = Buffer.from(this.out.subarray(0, this.at + this.opt.length))
    this.begin(new Uint8Array(), undefined)
    return message
  }

  private begin(question: Uint8Array, edns: Partial<Edns> | undefined): void {
    const { id, rd } = this.request.header
    const empty = encodeResponse({
      id,
      opcode: Opcode.QUERY,
      rcode: 0,
      flags: { aa: true, rd },
      questionBytes: question,
      ...(edns === undefined ? {} : { edns }),
    }).bytes
    this.at = 12 + question.length
    this.out.set(empty)
    this.opt = empty.subarray(this.at)
    this.names = new NameTable(this.out)
    if (question.length > 0) this.names.addEchoed(this.at)
    this.count = 0
  }
}

/** The records of a set one by one. */
export function* recordsOf({ name, type, ttl, rdata }: RRset): Generator<ResourceRecord> {
  for (const one of rdata) yield { name, type, class: Class.IN, ttl, rdata: one }
}
