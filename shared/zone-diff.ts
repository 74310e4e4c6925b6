import { Type } from './dns/codes.ts'
import { skipName } from './dns/name-wire.ts'
import { type ResourceRecord, readRecords, recordToWire, skipRecord } from './dns/record.ts'
import type { Parsed } from './dns/result.ts'

/**
 * One change of a zone's contents as an RFC 1995 difference sequence. The SOA records stand at the head of each half and are
 * part of the change; `removed` and `added` hold no SOA. The first change of a zone has no old SOA and removes nothing.
 */
export interface ZoneDiff {
  readonly oldSoa: ResourceRecord | undefined
  readonly removed: readonly ResourceRecord[]
  readonly newSoa: ResourceRecord
  readonly added: readonly ResourceRecord[]
}

/** Uncompressed wire form: [old SOA, removed …,] new SOA, added …. The bytes stored, sent to edges and served as IXFR. */
export function encodeDiff(diff: ZoneDiff): Uint8Array {
  const oldHalf = diff.oldSoa === undefined ? [] : [diff.oldSoa, ...diff.removed]
  return Buffer.concat([...oldHalf, diff.newSoa, ...diff.added].map(recordToWire))
}

/** Reads {@link encodeDiff}'s form; anything else is a value with the reason. */
export function decodeDiff(bytes: Uint8Array): Parsed<ZoneDiff> {
  const records = readRecords(bytes)
  if (!records.ok) return records
  const all = records.value
  const [first] = all
  if (first?.type !== Type.SOA)
    return { ok: false, at: 0, reason: 'a difference sequence begins with an SOA record' }
  const second = all.findIndex((record, index) => index > 0 && record.type === Type.SOA)
  if (second === -1)
    return { ok: true, value: { oldSoa: undefined, removed: [], newSoa: first, added: all.slice(1) } }
  const added = all.slice(second + 1)
  if (added.some((record) => record.type === Type.SOA))
    return { ok: false, at: 0, reason: 'more than two SOA records' }
  return { ok: true, value: { oldSoa: first, removed: all.slice(1, second), newSoa: all[second]!, added } }
}

/**
 * The records of {@link encodeDiff}'s form one by one, each with its half, the SOA records too: for diffs that are too large to be decoded in
 * one go. Octets that do not read end it with a thrown RangeError.
 */
export function* diffRecords(
  bytes: Uint8Array,
): Generator<{ half: 'removed' | 'added'; record: ResourceRecord }> {
  let half: 'removed' | 'added' = hasOldSoa(bytes) ? 'removed' : 'added'
  for (let at = 0, first = true; at < bytes.length; first = false) {
    const end = skipRecord(bytes, at)
    const read = end < 0 ? undefined : readRecords(bytes.subarray(at, end))
    if (!read?.ok) throw new RangeError(`no record at octet ${at} of a diff`)
    const [record] = read.value
    if (record!.type === Type.SOA && !first) half = 'added'
    yield { half, record: record! }
    at = end
  }
}

/** A difference sequence of which only the first records of each half are read, and the others counted. */
export interface DiffHead extends ZoneDiff {
  readonly removedCount: number
  readonly addedCount: number
}

/** As {@link decodeDiff}, with `most` records of each half at most: a zone may begin with a million. Throws a RangeError for what does not read. */
export function diffHead(bytes: Uint8Array, most: number): DiffHead {
  const halves = { removed: [] as ResourceRecord[], added: [] as ResourceRecord[] }
  const counts = { removed: 0, added: 0 }
  const soas: ResourceRecord[] = []
  let half: 'removed' | 'added' = hasOldSoa(bytes) ? 'removed' : 'added'
  for (let at = 0, end = 0; at < bytes.length; at = end) {
    end = skipRecord(bytes, at)
    if (end < 0) throw new RangeError(`no record at octet ${at} of a diff`)
    const isSoa = typeAt(bytes, at) === Type.SOA
    if (!isSoa && soas.length === 0) throw new RangeError('a difference sequence begins with an SOA record')
    if (!isSoa && ++counts[half] > most) continue
    const read = readRecords(bytes.subarray(at, end))
    if (!read.ok) throw new RangeError(`no record at octet ${at} of a diff: ${read.reason}`)
    const [record] = read.value
    if (isSoa && soas.push(record!) === 2) half = 'added'
    if (!isSoa) halves[half].push(record!)
  }
  const newSoa = soas.at(-1)
  if (newSoa === undefined || soas.length > 2)
    throw new RangeError('a difference sequence has one or two SOA records')
  const oldSoa = soas.length === 2 ? soas[0] : undefined
  return { oldSoa, newSoa, ...halves, removedCount: counts.removed, addedCount: counts.added }
}

/** Whether a second SOA record stands in it, which is then the new one; without one contents begin anew. */
export function hasOldSoa(bytes: Uint8Array): boolean {
  let soas = 0
  for (let at = 0; at >= 0 && at < bytes.length; at = skipRecord(bytes, at)) {
    if (typeAt(bytes, at) === Type.SOA && ++soas === 2) return true
  }
  return false
}

function typeAt(bytes: Uint8Array, at: number): number {
  const body = skipName(bytes, at, bytes.length)
  return body < 0 || body + 2 > bytes.length ? -1 : (bytes[body]! << 8) | bytes[body + 1]!
}
