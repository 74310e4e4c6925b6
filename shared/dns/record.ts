import { Class } from './codes.ts'
import { type GivenName, readName, readPlainName, writeName } from './name.ts'
import { skipName } from './name-wire.ts'
import { putU16, putU32, u16, u32 } from './octets.ts'
import { uncompressedRdata } from './rdata/uncompress.ts'
import { malformed, type Parsed } from './result.ts'

/** One record, of any class: UPDATE gives the classes NONE and ANY, and empty RDATA, a meaning (RFC 2136 §2.4, §2.5). */
export interface ResourceRecord {
  readonly name: GivenName
  readonly type: number
  readonly class: number
  /** Seconds. */
  readonly ttl: number
  /** Exact octets without compression, so that they mean the same wherever they stand. */
  readonly rdata: Uint8Array
}

/** All records of one owner and type in class IN, with the one TTL that they share (RFC 2181 §5.2). */
export interface RRset {
  readonly name: GivenName
  readonly type: number
  readonly ttl: number
  readonly rdata: readonly Uint8Array[]
}

export interface Question {
  readonly name: GivenName
  readonly type: number
  readonly class: number
}

export type ReadRecord = { record: ResourceRecord; end: number }

/**
 * Reads the record at `offset` of a message: a frame of exactly RDLENGTH. Names inside the RDATA of the types that
 * RFC 3597 §4 lists are decompressed; other RDATA is a view of the message, not a copy.
 */
export function readRecord(message: Uint8Array, offset: number): Parsed<ReadRecord> {
  const owner = readName(message, offset)
  if (!owner.ok) return owner
  const frame = readFrame(message, owner.value)
  if (!frame.ok) return frame
  const { record, end } = frame.value
  const start = end - record.rdata.length
  if (end === start || !mayCompress(record.class)) return frame
  const rdata = uncompressedRdata(record.type, message, start, end)
  if (rdata === undefined) return frame
  if (!rdata.ok) return rdata
  return { ok: true, value: { record: { ...record, rdata: rdata.value }, end } }
}

/** NONE carries the RDATA of IN (RFC 2136 §2.5.4); of other classes we know no types. */
function mayCompress(code: number): boolean {
  return code === Class.IN || code === Class.NONE || code === Class.ANY
}

function readFrame(octets: Uint8Array, owner: { name: GivenName; end: number }): Parsed<ReadRecord> {
  const at = owner.end
  const start = at + 10
  if (start > octets.length) return malformed(at, 'record runs past the end')
  const end = start + u16(octets, at + 8)
  if (end > octets.length) return malformed(at + 8, 'RDATA runs past the end')
  const record = {
    name: owner.name,
    type: u16(octets, at),
    class: u16(octets, at + 2),
    ttl: u32(octets, at + 4),
    rdata: octets.subarray(start, end),
  }
  return { ok: true, value: { record, end } }
}

/** The record in wire form without compression. */
export function recordToWire(record: ResourceRecord): Uint8Array {
  const out = Buffer.allocUnsafe(record.name.length + 11 + record.rdata.length)
  const at = writeName(record.name, out, 0)
  return out.subarray(0, writeRecordBody(record, out, at))
}

/** Everything after the owner name; returns the offset after it. */
export function writeRecordBody(record: ResourceRecord, out: Uint8Array, at: number): number {
  const start = writeRecordHead(record, out, at)
  out.set(record.rdata, start)
  return start + record.rdata.length
}

/** What stands between the owner name and the RDATA; returns the offset after it. */
export function writeRecordHead(record: ResourceRecord, out: Uint8Array, at: number): number {
  putU16(out, at, record.type)
  putU16(out, at + 2, record.class)
  putU32(out, at + 4, record.ttl)
  return putU16(out, at + 8, record.rdata.length)
}

/**
 * The longest RDATA that fits into a message of 65,535 octets with a question, the longest owner, an OPT and the largest TSIG: a longer
 * one could be in no signed transfer.
 */
export const LONGEST_RDATA = 64_512

/** The offset after the uncompressed record at `at`; -1 when no whole one is there. */
export function skipRecord(octets: Uint8Array, at: number): number {
  const body = skipName(octets, at, octets.length)
  if (body < 0 || body + 10 > octets.length) return -1
  const end = body + 10 + u16(octets, body + 8)
  return end > octets.length ? -1 : end
}

/** Reads a plain run of uncompressed records that fills `bytes` to its end; RDATA are views of `bytes`. */
export function readRecords(bytes: Uint8Array): Parsed<ResourceRecord[]> {
  const records: ResourceRecord[] = []
  // of a change of a zone, every second owner is the apex, and what comes has the owner of what goes
  let first: Owner | undefined
  let other: Owner | undefined
  for (let at = 0; at < bytes.length; ) {
    let owner = again(bytes, at, first) ?? again(bytes, at, other)
    if (owner === undefined) {
      const read = readPlainName(bytes, at)
      if (!read.ok) return read
      owner = { ...read.value, start: at }
      if (first === undefined) first = owner
      else other = owner
    }
    const frame = readFrame(bytes, owner)
    if (!frame.ok) return frame
    records.push(frame.value.record)
    at = frame.value.end
  }
  return { ok: true, value: records }
}

interface Owner {
  readonly name: GivenName
  readonly start: number
  readonly end: number
}

/** The owner, as it stands at `at`, if the same octets stand there: no text is made of them again. */
function again(bytes: Uint8Array, at: number, owner: Owner | undefined): Owner | undefined {
  if (owner === undefined) return undefined
  const { name, start, end } = owner
  for (let index = start; index < end; index++)
    if (bytes[at + index - start] !== bytes[index]) return undefined
  return { name, start: at, end: at + end - start }
}
