import { Type } from './codes.ts'
import { type Edns, readEdns } from './edns.ts'
import { HEADER_OCTETS, type Header, readHeader } from './header.ts'
import { readName } from './name.ts'
import { u16 } from './octets.ts'
import { type Question, type ResourceRecord, readRecord } from './record.ts'
import { type Malformed, malformed, type Parsed } from './result.ts'
import { isSig0, readSig0, type Sig0Record } from './sig0-record.ts'
import { readTsig, type TsigRecord } from './tsig-record.ts'

export type { Edns, EdnsOption } from './edns.ts'
export { type Header, readHeader } from './header.ts'
export { encodeMessage, encodeResponse, type MessageParts, type ResponseParts } from './message-encode.ts'

/**
 * A message as read. In an UPDATE `questions[0]` is the zone, `answers` are the prerequisites and `authorities` the
 * updates (RFC 2136 §2). `additionals` are without OPT, TSIG and SIG(0).
 */
export interface Message {
  header: Header
  questions: Question[]
  answers: ResourceRecord[]
  authorities: ResourceRecord[]
  additionals: ResourceRecord[]
  edns?: Edns
  tsig?: TsigRecord
  sig0?: Sig0Record
  /** Where the TSIG or SIG(0) record starts in the received octets. */
  signatureStart?: number
  /** The offset after the question section. */
  questionEnd: number
}

/**
 * Reads a whole message: every count against the content, nothing behind the last record, OPT once and only among
 * the additionals (RFC 6891 §6.1.1), TSIG or SIG(0) only last (RFC 8945 §5.1, RFC 2931 §3.1). Never throws.
 */
export function decodeMessage(bytes: Uint8Array): Parsed<Message> {
  const header = readHeader(bytes)
  if (header === undefined) return malformed(bytes.length, 'header runs past the end')
  const message: Message = {
    header,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
    questionEnd: HEADER_OCTETS,
  }
  let at = readQuestions(bytes, message)
  if (typeof at !== 'number') return at
  message.questionEnd = at
  at = readSection(bytes, at, header.counts.an, message.answers)
  if (typeof at !== 'number') return at
  at = readSection(bytes, at, header.counts.ns, message.authorities)
  if (typeof at !== 'number') return at
  at = readAdditionals(bytes, at, message)
  if (typeof at !== 'number') return at
  if (at !== bytes.length) return malformed(at, 'octets after the last record')
  return { ok: true, value: message }
}

function readQuestions(bytes: Uint8Array, message: Message): number | Malformed {
  let at = HEADER_OCTETS
  for (let left = message.header.counts.qd; left > 0; left--) {
    const name = readName(bytes, at)
    if (!name.ok) return name
    at = name.value.end
    if (at + 4 > bytes.length) return malformed(at, 'question runs past the end')
    message.questions.push({ name: name.value.name, type: u16(bytes, at), class: u16(bytes, at + 2) })
    at += 4
  }
  return at
}

function readSection(
  bytes: Uint8Array,
  start: number,
  count: number,
  records: ResourceRecord[],
): number | Malformed {
  let at = start
  for (let left = count; left > 0; left--) {
    const read = readRecord(bytes, at)
    if (!read.ok) return read
    const { type } = read.value.record
    if (type === Type.OPT || type === Type.TSIG) {
      return malformed(at, 'OPT or TSIG outside the additional section')
    }
    records.push(read.value.record)
    at = read.value.end
  }
  return at
}

function readAdditionals(bytes: Uint8Array, start: number, message: Message): number | Malformed {
  let at = start
  for (let left = message.header.counts.ar; left > 0; left--) {
    const read = readRecord(bytes, at)
    if (!read.ok) return read
    const { record, end } = read.value
    const problem =
      record.type === Type.OPT
        ? takeEdns(message, record, at)
        : record.type === Type.TSIG
          ? takeTsig(message, record, at, left)
          : record.type === Type.SIG && isSig0(record)
            ? takeSig0(message, record, at, left)
            : takeAdditional(message, record)
    if (problem !== undefined) return problem
    at = end
  }
  return at
}

function takeEdns(message: Message, record: ResourceRecord, at: number): Malformed | undefined {
  if (message.edns !== undefined) return malformed(at, 'a second OPT')
  const edns = readEdns(record)
  if (!edns.ok) return malformed(at, edns.reason)
  message.edns = edns.value
  return undefined
}

function takeTsig(message: Message, record: ResourceRecord, at: number, left: number): Malformed | undefined {
  if (left !== 1) return malformed(at, 'TSIG is not the last record')
  const tsig = readTsig(record)
  if (!tsig.ok) return malformed(at, tsig.reason)
  message.tsig = tsig.value
  message.signatureStart = at
  return undefined
}

function takeSig0(message: Message, record: ResourceRecord, at: number, left: number): Malformed | undefined {
  if (left !== 1) return malformed(at, 'SIG(0) is not the last record')
  const sig0 = readSig0(record)
  if (!sig0.ok) return malformed(at, sig0.reason)
  message.sig0 = sig0.value
  message.signatureStart = at
  return undefined
}

function takeAdditional(message: Message, record: ResourceRecord): undefined {
  message.additionals.push(record)
}
