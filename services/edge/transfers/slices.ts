import { type ResourceRecord, readRecords, skipRecord } from '../../../shared/dns/record.ts'

/** Some hundreds of records: so much is done before others get their turn. */
const SLICE_OCTETS = 32 * 1024

/** Cuts a run of uncompressed records between records. Throws a TypeError for octets that are no run of whole ones. */
export function* slicesOf(piece: Uint8Array): Generator<Uint8Array> {
  let start = 0
  for (let at = 0; at < piece.length; ) {
    at = skipRecord(piece, at)
    if (at < 0) throw new TypeError('changes of a zone: no whole records')
    if (at - start < SLICE_OCTETS && at < piece.length) continue
    yield piece.subarray(start, at)
    start = at
  }
}

/** The records of a slice. Throws a TypeError for octets that are no run of whole records. */
export function recordsIn(slice: Uint8Array): ResourceRecord[] {
  const records = readRecords(slice)
  if (!records.ok) throw new TypeError(`changes of a zone: ${records.reason}`)
  return records.value
}
