import { Class, classToText, Type, typeToText } from './codes.ts'
import { canonicalName, orderKey } from './name.ts'
import { canonicalRdata, rdataToText } from './rdata.ts'
import type { ResourceRecord, RRset } from './record.ts'

/** `www.example.com. 300 IN A 192.0.2.1`; the empty RDATA of UPDATE's forms prints as nothing. */
export function recordToText(record: ResourceRecord): string {
  const head = `${record.name} ${record.ttl} ${classToText(record.class)} ${typeToText(record.type)}`
  if (record.rdata.length === 0 && record.class !== Class.IN) return head
  return `${head} ${rdataToText(record.type, record.rdata)}`.trimEnd()
}

/**
 * A master file of one record a line with absolute names: SOA first, then the owners in canonical order
 * (RFC 4034 §6.1), their types by number and the records by their octets (§6.3).
 */
export function* zoneFileLines(rrsets: Iterable<RRset>): Generator<string> {
  const sorted = Array.from(rrsets, (rrset) => ({ rrset, key: orderKey(canonicalName(rrset.name)) }))
  sorted.sort((a, b) => {
    const soa = Number(b.rrset.type === Type.SOA) - Number(a.rrset.type === Type.SOA)
    if (soa !== 0) return soa
    if (a.key !== b.key) return a.key < b.key ? -1 : 1
    return a.rrset.type - b.rrset.type
  })
  for (const { rrset } of sorted) yield* rrsetLines(rrset)
}

/** The lines of one RRset, its records by their octets (RFC 4034 §6.3). */
export function* rrsetLines({ name, type, ttl, rdata }: RRset): Generator<string> {
  for (const one of inCanonicalOrder(type, rdata)) {
    yield recordToText({ name, type, class: Class.IN, ttl, rdata: one })
  }
}

function inCanonicalOrder(type: number, rdata: readonly Uint8Array[]): readonly Uint8Array[] {
  if (rdata.length < 2) return rdata
  return rdata.toSorted((a, b) => Buffer.compare(canonicalRdata(type, a), canonicalRdata(type, b)))
}
