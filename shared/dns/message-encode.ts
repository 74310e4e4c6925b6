import { type Edns, ednsToWire } from './edns.ts'
import { Flag, HEADER_OCTETS, MAX_MESSAGE } from './header.ts'
import { NameTable } from './name-table.ts'
import { readPlainName } from './name-wire.ts'
import { putU16 } from './octets.ts'
import { type Question, type ResourceRecord, writeRecordBody, writeRecordHead } from './record.ts'
import { Type } from './types.ts'

export interface Sections {
  questions?: readonly Question[]
  answers?: readonly ResourceRecord[]
  authorities?: readonly ResourceRecord[]
  additionals?: readonly ResourceRecord[]
  /** Becomes the OPT record, last; what is left out gets our defaults, and the rcode's upper bits go there. */
  edns?: Partial<Edns>
}

export interface ResponseParts extends Sections {
  id: number
  opcode: number
  rcode: number
  flags?: { aa?: boolean; tc?: boolean; rd?: boolean; ra?: boolean }
  /** The question section of the request, echoed bit for bit; goes before `questions`. */
  questionBytes?: Uint8Array
}

export interface MessageParts extends Sections {
  id: number
  opcode?: number
  rcode?: number
  flags?: { qr?: boolean; aa?: boolean; tc?: boolean; rd?: boolean; ra?: boolean; ad?: boolean; cd?: boolean }
}

const NO_OCTETS = new Uint8Array(0)
// Calls do not nest, so one scratch serves all. Beyond the largest message: room for one owner before it is refused.
const scratch = Buffer.allocUnsafe(MAX_MESSAGE + 1100)

/**
 * A response of at most `limit` octets, with owner names compressed, and names in RDATA where RFC 3597 §4 allows. When it would be longer, the sections that do
 * not fit whole are left out from the end, TC is set, and the question and OPT stay (RFC 2181 §9).
 */
export function encodeResponse(
  parts: ResponseParts,
  limit: number = MAX_MESSAGE,
): { bytes: Uint8Array; truncated: boolean } {
  const { aa, tc, rd, ra } = parts.flags ?? {}
  const word = Flag.QR | (aa ? Flag.AA : 0) | (tc ? Flag.TC : 0) | (rd ? Flag.RD : 0) | (ra ? Flag.RA : 0)
  return encode(parts, word | (parts.opcode << 11), parts.rcode, limit, parts.questionBytes)
}

/** Any message, for queries, updates and tests: owner names compressed, nothing left out; too long is a fault. */
export function encodeMessage(parts: MessageParts): Uint8Array {
  let word = (parts.opcode ?? 0) << 11
  for (const [flag, set] of Object.entries(parts.flags ?? {})) {
    if (set) word |= Flag[flag.toUpperCase() as keyof typeof Flag]
  }
  const { bytes, truncated } = encode(parts, word, parts.rcode ?? 0, MAX_MESSAGE)
  if (truncated) throw new RangeError('message is longer than 65535 octets')
  return bytes
}

function encode(
  parts: Sections & { id: number },
  flags: number,
  rcode: number,
  limit: number,
  questionBytes?: Uint8Array,
): { bytes: Uint8Array; truncated: boolean } {
  if (rcode > 15 && parts.edns === undefined)
    throw new RangeError(`rcode ${rcode} cannot be said without EDNS`)
  const opt = parts.edns === undefined ? undefined : ednsToWire(parts.edns, rcode)
  const room = Math.min(limit, MAX_MESSAGE) - (opt?.length ?? 0)
  const out = scratch
  out.fill(0, 0, HEADER_OCTETS)
  putU16(out, 0, parts.id)

  const names = new NameTable(out)
  const echoed =
    questionBytes === undefined || HEADER_OCTETS + questionBytes.length > room ? NO_OCTETS : questionBytes
  let at = writeQuestions(out, names, parts.questions, echoed)
  let truncated = questionBytes !== undefined && echoed.length < questionBytes.length
  const sections = [parts.answers, parts.authorities, parts.additionals]
  for (let index = 0; index < 3; index++) {
    const records = sections[index]
    if (truncated || records === undefined || records.length === 0) continue
    const end = writeSection(out, names, at, room, records, questionBytes !== undefined)
    if (end < 0) {
      truncated = true
      break
    }
    at = end
    putU16(out, 6 + 2 * index, records.length)
  }
  if (opt !== undefined) {
    out.set(opt, at)
    at += opt.length
    putU16(out, 10, ((out[10]! << 8) | out[11]!) + 1)
  }
  putU16(out, 2, flags | (rcode & 15) | (truncated ? Flag.TC : 0))
  return { bytes: Buffer.from(out.subarray(0, at)), truncated }
}

function writeQuestions(
  out: Buffer,
  names: NameTable,
  questions: readonly Question[] | undefined,
  echoed: Uint8Array,
): number {
  let at = HEADER_OCTETS
  let count = 0
  if (echoed.length > 0) {
    out.set(echoed, at)
    at += echoed.length
    count = names.addEchoed(at)
  }
  for (const question of questions ?? []) {
    at = names.write(question.name, at)
    at = putU16(out, putU16(out, at, question.type), question.class)
    count++
  }
  putU16(out, 4, count)
  return at
}

/**
 * Where names stand in RDATA that may be compressed: RFC 3597 §4 leaves that to the types of RFC 1035. A DNAME's may not (RFC
 * 6672 §2.5), but others may point to it. The first name's offset, and how many there are one after another.
 */
const NAMES_IN_RDATA = new Map<number, readonly [number, number]>([
  [Type.NS, [0, 1]],
  [Type.CNAME, [0, 1]],
  [Type.PTR, [0, 1]],
  [Type.MX, [2, 1]],
  [Type.SOA, [0, 2]],
  [Type.DNAME, [0, 1]],
])

/** Writes all records, or answers -1 when they do not fit into `room`. */
function writeSection(
  out: Buffer,
  names: NameTable,
  start: number,
  room: number,
  records: readonly ResourceRecord[],
  compress: boolean,
): number {
  let at = start
  for (const record of records) {
    const inside = compress ? NAMES_IN_RDATA.get(record.type) : undefined
    const least = inside === undefined ? record.rdata.length : 0
    if (at + 11 + least > room) return -1
    at = names.write(record.name, at)
    if (at + 10 + least > room) return -1
    at = inside === undefined ? writeRecordBody(record, out, at) : writeNames(out, names, at, record, inside)
    if (at > room) return -1
  }
  return at
}

/** Everything after the owner name, with the names in the RDATA compressed; octets that are no names stay as they are. */
function writeNames(
  out: Buffer,
  names: NameTable,
  start: number,
  record: ResourceRecord,
  [first, count]: readonly [number, number],
): number {
  const { rdata } = record
  const head = writeRecordHead(record, out, start)
  out.set(rdata.subarray(0, first), head)
  let at = head + first
  let from = first
  for (let left = count; left > 0; left--) {
    const read = readPlainName(rdata, from)
    if (!read.ok) break
    at = names.write(read.value.name, at, record.type !== Type.DNAME)
    from = read.value.end
  }
  out.set(rdata.subarray(from), at)
  at += rdata.length - from
  putU16(out, head - 2, at - head)
  return at
}
