import { createHash } from 'node:crypto'
import { Class, Type } from '../../../shared/dns/codes.ts'
import { nameOf, nameToWire } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'

/** The records that UPDATE messages are made of (RFC 2136 §2.4 and §2.5). One TTL for all: sets have one. */

const TTL = 60
const NOTHING = new Uint8Array()

export function txt(name: string, text: string): ResourceRecord {
  const octets = Buffer.from(text)
  return {
    name: nameOf(name),
    type: Type.TXT,
    class: Class.IN,
    ttl: TTL,
    rdata: Buffer.concat([Buffer.from([octets.length]), octets]),
  }
}

export function address(name: string, octets: readonly number[]): ResourceRecord {
  return { name: nameOf(name), type: Type.A, class: Class.IN, ttl: TTL, rdata: Uint8Array.from(octets) }
}

export function ptr(name: string, target: string): ResourceRecord {
  return { name: nameOf(name), type: Type.PTR, class: Class.IN, ttl: TTL, rdata: nameToWire(nameOf(target)) }
}

/** RFC 4701: who owns a name, as a DHCP server knows it. */
export function dhcid(name: string, owner: string): ResourceRecord {
  const digest = createHash('sha256').update(owner).digest()
  const rdata = Buffer.concat([Buffer.from([0, 1, 1]), digest])
  return { name: nameOf(name), type: Type.DHCID, class: Class.IN, ttl: TTL, rdata }
}

export function deleteRRset(name: string, type: number): ResourceRecord {
  return { name: nameOf(name), type, class: Class.ANY, ttl: 0, rdata: NOTHING }
}

export function deleteName(name: string): ResourceRecord {
  return deleteRRset(name, Type.ANY)
}

export function deleteRecord(record: ResourceRecord): ResourceRecord {
  return { ...record, class: Class.NONE, ttl: 0 }
}

export function isFree(name: string): ResourceRecord {
  return { name: nameOf(name), type: Type.ANY, class: Class.NONE, ttl: 0, rdata: NOTHING }
}

export function isInUse(name: string): ResourceRecord {
  return deleteName(name)
}

export function hasNo(name: string, type: number): ResourceRecord {
  return { name: nameOf(name), type, class: Class.NONE, ttl: 0, rdata: NOTHING }
}

export function hasSome(name: string, type: number): ResourceRecord {
  return deleteRRset(name, type)
}

/** RFC 2136 §2.4.2: exactly this record. */
export function holds(record: ResourceRecord): ResourceRecord {
  return { ...record, ttl: 0 }
}
