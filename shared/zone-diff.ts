import { Type } from './dns/codes.ts'
import { type ResourceRecord, readRecords, recordToWire } from './dns/record.ts'
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
  const [first, ...rest] = records.value
  if (first?.type !== Type.SOA)
    return { ok: false, at: 0, reason: 'a difference sequence begins with an SOA record' }
  const second = rest.findIndex((record) => record.type === Type.SOA)
  if (second === -1)
    return { ok: true, value: { oldSoa: undefined, removed: [], newSoa: first, added: rest } }
  const added = rest.slice(second + 1)
  if (added.some((record) => record.type === Type.SOA))
    return { ok: false, at: 0, reason: 'more than two SOA records' }
  return { ok: true, value: { oldSoa: first, removed: rest.slice(0, second), newSoa: rest[second]!, added } }
}
