import { Type } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import { equalOctets } from '../../../../shared/dns/octets.ts'
import { addressText } from '../../../../shared/dns/rdata/addresses.ts'
import type { ResourceRecord, RRset } from '../../../../shared/dns/record.ts'
import type { NameContents } from '../../../../shared/zone-contents.ts'
import { add, deleteRRset, mustBe, mustExist, mustNotExist } from '../submit/zone-update.ts'

/** What becomes of a host's addresses of one family. */
export type FamilyChange =
  | { readonly kind: 'keep' }
  /** In place of those that are there; none takes them away. */
  | { readonly kind: 'set'; readonly addresses: readonly Uint8Array[] }
  /** Those that are there get these first bits and keep the rest. */
  | { readonly kind: 'prefix'; readonly prefix: Uint8Array; readonly bits: number }

export interface AddressChange {
  readonly ipv4: FamilyChange
  readonly ipv6: FamilyChange
}

export const KEEP: FamilyChange = { kind: 'keep' }
export const REMOVE: FamilyChange = { kind: 'set', addresses: [] }

/** What to send for one host, by what is there now. */
export interface HostPlan {
  readonly prerequisites: readonly ResourceRecord[]
  readonly updates: readonly ResourceRecord[]
  /** Whether the host has these addresses already. */
  readonly isAsAsked: boolean
  /** What was set, as text. */
  readonly addresses: readonly string[]
}

/**
 * The records of one host. A set that is there keeps its TTL, a new one gets `ttl`, in seconds. An alias is no host: RFC 2136 §3.4.2.2 would leave
 * out the address without a word. Undefined where a prefix is given, or all is to be kept, and nothing is there.
 */
export function planHost(
  name: Name,
  change: AddressChange,
  present: NameContents | undefined,
  ttl: number,
): HostPlan | undefined {
  if (change.ipv4.kind === 'keep' && change.ipv6.kind === 'keep') return planNothing(name, present)
  if (isMissing(change.ipv4, present?.get(Type.A)) || isMissing(change.ipv6, present?.get(Type.AAAA)))
    return undefined
  const families = [
    planFamily(name, Type.A, change.ipv4, present, ttl),
    planFamily(name, Type.AAAA, change.ipv6, present, ttl),
  ].filter((plan) => plan !== undefined)
  return {
    prerequisites: [mustNotExist(name, Type.CNAME), ...families.flatMap((plan) => plan.prerequisites)],
    updates: families.flatMap((plan) => plan.updates),
    isAsAsked: families.every((plan) => plan.isAsAsked),
    addresses: families.flatMap((plan) => plan.addresses),
  }
}

/** Sees that the addresses are still there, for an event that says so. */
function planNothing(name: Name, present: NameContents | undefined): HostPlan | undefined {
  const types = [Type.A, Type.AAAA].filter((type) => present?.has(type))
  if (types.length === 0) return undefined
  return {
    prerequisites: types.map((type) => mustExist(name, type)),
    updates: [],
    isAsAsked: true,
    addresses: types.flatMap((type) => present!.get(type)!.rdata.map(addressText)),
  }
}

function isMissing(change: FamilyChange, rrset: RRset | undefined): boolean {
  return change.kind === 'prefix' && rrset === undefined
}

function planFamily(
  name: Name,
  type: number,
  change: FamilyChange,
  present: NameContents | undefined,
  ttl: number,
): HostPlan | undefined {
  if (change.kind === 'keep') return undefined
  const rrset = present?.get(type)
  const here = rrset?.rdata ?? []
  const wanted = change.kind === 'set' ? change.addresses : here.map((octets) => withPrefix(octets, change))
  return {
    // what the new addresses were made from must not have changed meanwhile
    prerequisites: change.kind === 'prefix' ? mustBe(name, type, here) : [],
    updates: [deleteRRset(name, type), ...wanted.map((octets) => add(name, type, rrset?.ttl ?? ttl, octets))],
    isAsAsked: here.length === wanted.length && wanted.every((octets) => has(here, octets)),
    addresses: wanted.map(addressText),
  }
}

function withPrefix(
  octets: Uint8Array,
  { prefix, bits }: Extract<FamilyChange, { kind: 'prefix' }>,
): Uint8Array {
  return octets.map((octet, at) => {
    const own = Math.min(8, Math.max(0, bits - 8 * at))
    const mask = (0xff00 >> own) & 0xff
    return (prefix[at]! & mask) | (octet & ~mask & 0xff)
  })
}

function has(all: readonly Uint8Array[], octets: Uint8Array): boolean {
  return all.some((other) => equalOctets(other, octets))
}
