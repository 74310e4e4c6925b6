import type { CatalogZone } from '../../../../shared/catalog.ts'
import { Class, Opcode, Type } from '../../../../shared/dns/codes.ts'
import { encodeMessage } from '../../../../shared/dns/message.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../../shared/dns/record.ts'
import { type HttpNote, httpNoteOption } from '../../../../shared/http-note.ts'
import { leaseOption, type UpdateLease } from '../../../../shared/update-lease.ts'

/** What one request asks of one zone: becomes one UPDATE message, which applies whole or not at all. */
export interface ZoneUpdate {
  readonly zone: Pick<CatalogZone, 'id' | 'name'>
  readonly prerequisites: readonly ResourceRecord[]
  readonly updates: readonly ResourceRecord[]
}

const NO_OCTETS = new Uint8Array(0)

/** RFC 2136 §2.4.1: the name has such an RRset. */
export function mustExist(name: Name, type: number): ResourceRecord {
  return { name, type, class: Class.ANY, ttl: 0, rdata: NO_OCTETS }
}

/** RFC 2136 §2.4.3: the name has no such RRset. */
export function mustNotExist(name: Name, type: number): ResourceRecord {
  return { name, type, class: Class.NONE, ttl: 0, rdata: NO_OCTETS }
}

/** RFC 2136 §2.4.2: the RRset is exactly this. */
export function mustBe(name: Name, type: number, rdata: readonly Uint8Array[]): ResourceRecord[] {
  return rdata.map((value) => ({ name, type, class: Class.IN, ttl: 0, rdata: value }))
}

/** RFC 2136 §2.5.1. */
export function add(name: Name, type: number, ttl: number, rdata: Uint8Array): ResourceRecord {
  return { name, type, class: Class.IN, ttl, rdata }
}

/** RFC 2136 §2.5.2: the whole RRset. */
export function deleteRRset(name: Name, type: number): ResourceRecord {
  return { name, type, class: Class.ANY, ttl: 0, rdata: NO_OCTETS }
}

/** RFC 2136 §2.5.4: this one record. */
export function deleteRecord(name: Name, type: number, rdata: Uint8Array): ResourceRecord {
  return { name, type, class: Class.NONE, ttl: 0, rdata }
}

/** The message, unsigned, asking for a lease where one is wanted. Throws a RangeError when it is longer than a message may be. */
export function updateMessage(update: ZoneUpdate, note: HttpNote, lease?: UpdateLease): Uint8Array {
  return encodeMessage({
    id: 0,
    opcode: Opcode.UPDATE,
    questions: [{ name: update.zone.name, type: Type.SOA, class: Class.IN }],
    answers: update.prerequisites,
    authorities: update.updates,
    edns: { options: [...(lease === undefined ? [] : [leaseOption(lease)]), httpNoteOption(note)] },
  })
}
