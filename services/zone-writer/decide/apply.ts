import { Class, Type } from '../../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { compareSerial, type Serial } from '../../../shared/dns/serial.ts'
import { serialOf } from '../../../shared/dns/soa.ts'
import type { ZoneView } from '../../../shared/zone-contents.ts'
import { comparable, Draft, type DraftRRset } from './draft.ts'

// RFC 2136 §1.1.1 and RFC 6672 §2.4: a second record of these replaces the first
const SINGLETONS: ReadonlySet<number> = new Set([Type.SOA, Type.CNAME, Type.DNAME])
// RFC 2181 §10.1 and RFC 4035 §2.5: what may stand beside a CNAME
const BESIDE_CNAME: ReadonlySet<number> = new Set([Type.SIG, Type.KEY, Type.NXT, Type.RRSIG, Type.NSEC])
/** Octets of a WKS that say which one it is: address and protocol. */
const WKS_IDENTITY = 5
// RFC 2181 §8
const LONGEST_TTL = 0x7fff_ffff

/** RFC 2136 §3.4.2: applies the update section, in the order sent, to a draft of the names it touches. */
export function applyUpdates(zone: ZoneView, updates: readonly ResourceRecord[]): Draft {
  const draft = new Draft(zone)
  for (const record of updates) {
    const name = canonicalName(record.name)
    const types = draft.at(name)
    const atApex = name === zone.apex
    if (record.class === Class.IN) add(types, record, atApex ? storedSerial(zone) : undefined)
    else if (record.class === Class.NONE) deleteRecord(types, record, atApex)
    else if (record.type === Type.ANY) deleteName(types, atApex)
    else deleteRRset(types, record.type, atApex)
  }
  return draft
}

type Types = Map<number, DraftRRset>

/** §3.4.2.2; `serial` is the zone's, given at the apex only. */
function add(types: Types, record: ResourceRecord, serial: Serial | undefined): void {
  const { type } = record
  const existing = types.get(type)
  if (type === Type.SOA && !(serial !== undefined && replacesSoa(existing, serial, record))) return
  if (conflictsWithCname(types, type)) return
  const ttl = record.ttl > LONGEST_TTL ? 0 : record.ttl
  const key = comparable(type, record.rdata)
  if (existing === undefined) {
    types.set(type, { name: record.name, type, ttl, values: new Map([[key, record.rdata]]) })
    return
  }
  existing.ttl = ttl
  if (existing.values.has(key)) return
  if (SINGLETONS.has(type)) existing.values.clear()
  if (type === Type.WKS) replaceSameService(existing, key)
  existing.values.set(key, record.rdata)
}

/** Of a set of WKS, the value for each address and protocol; built when first needed, so that many additions stay linear. */
const wksByService = new WeakMap<DraftRRset, Map<string, string>>()

/** A WKS replaces the one for the same address and protocol. */
function replaceSameService(rrset: DraftRRset, added: string): void {
  const serviceOf = (value: string) => value.slice(0, WKS_IDENTITY)
  let services = wksByService.get(rrset)
  if (services === undefined) {
    services = new Map([...rrset.values.keys()].map((value) => [serviceOf(value), value]))
    wksByService.set(rrset, services)
  }
  const old = services.get(serviceOf(added))
  if (old !== undefined) rrset.values.delete(old)
  services.set(serviceOf(added), added)
}

/**
 * An SOA is replaced by a later one only (RFC 1982): later than the one before it in the message, and than the zone's. "Later" does
 * not carry over from one pair to the next, and serials only move forward (P7).
 */
function replacesSoa(existing: DraftRRset | undefined, zoneSerial: Serial, record: ResourceRecord): boolean {
  const [current] = existing?.values.values() ?? []
  const wanted = serialOf(record.rdata)
  const isLaterThan = (serial: Serial) => compareSerial(serial, wanted) === -1
  return current !== undefined && isLaterThan(serialOf(current)) && isLaterThan(zoneSerial)
}

function storedSerial(zone: ZoneView): Serial | undefined {
  const [soa] = zone.at(zone.apex)?.get(Type.SOA)?.rdata ?? []
  return soa && serialOf(soa)
}

function conflictsWithCname(types: Types, type: number): boolean {
  if (BESIDE_CNAME.has(type)) return false
  if (type !== Type.CNAME) return types.has(Type.CNAME)
  return [...types.keys()].some((other) => other !== Type.CNAME && !BESIDE_CNAME.has(other))
}

/** §3.4.2.3, delete an RRset. The apex keeps its SOA and NS, in every form of deletion. */
function deleteRRset(types: Types, type: number, atApex: boolean): void {
  if (atApex && (type === Type.SOA || type === Type.NS)) return
  types.delete(type)
}

/** §3.4.2.3, delete all RRsets of a name. */
function deleteName(types: Types, atApex: boolean): void {
  for (const type of [...types.keys()]) deleteRRset(types, type, atApex)
}

/** §3.4.2.4, delete one record. */
function deleteRecord(types: Types, { type, rdata }: ResourceRecord, atApex: boolean): void {
  const existing = types.get(type)
  const key = comparable(type, rdata)
  if (!existing?.values.has(key) || type === Type.SOA) return
  if (atApex && type === Type.NS && existing.values.size === 1) return
  existing.values.delete(key)
  if (existing.values.size === 0) types.delete(type)
}

/** Every name that deciding this message can look at: those it names, and the apex. */
export function namesTouched(apex: Name, records: readonly ResourceRecord[]): Set<Name> {
  const names = new Set([apex])
  for (const record of records) names.add(canonicalName(record.name))
  return names
}
