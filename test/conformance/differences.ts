import { prescan } from '../../services/zone-writer/decide/prescan.ts'
import { checkRecordShapes } from '../../services/zone-writer/decide/record-shapes.ts'
import { Class, Rcode, rcodeToText, Type } from '../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../shared/dns/name.ts'
import { checkRdata } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import type { RandomUpdate } from '../clients/random-updates.ts'
import { update } from '../support/dns-client.ts'
import { decoded } from '../support/spec.ts'

/** A difference from another server that is agreed, listed in docs/conformance.md. */
export interface AgreedDifference {
  readonly title: string
  /** Whether the message is of the kind that may be treated differently. */
  applies(message: RandomUpdate, zone: Name): boolean
  /** Of what types all records are that only one of the two has; any, when left out. */
  readonly types?: readonly string[]
  /** For docs/conformance.md: why zonelog does what it does, and what the other server does. */
  readonly because?: string
  readonly knot?: string
}

export interface Rcodes {
  readonly ours: string
  readonly theirs: string
}

const CLASSES: readonly number[] = [Class.IN, Class.ANY, Class.NONE]
/** RFC 2136 §3.2. */
const ABOUT_PREREQUISITES = ['NXDOMAIN', 'YXDOMAIN', 'NXRRSET', 'YXRRSET', 'NOTZONE', 'FORMERR']

/**
 * BIND looks at the update section before the prerequisites, and at the shape of each record as it reads it; RFC 2136 §3 has the
 * prerequisites first, and clients ask by them. Nobody applies the message.
 */
export function onlyOrderDiffers({ ours, theirs }: Rcodes, message: RandomUpdate, zone: Name): boolean {
  if (ours === 'NOERROR' || theirs === 'NOERROR') return false
  if (theirs === 'FORMERR' && hasOddForm(message)) return true
  return ABOUT_PREREQUISITES.includes(ours) && rcodeToText(prescanned(message, zone)) === theirs
}

/** What RFC 2136 §3.4.1 says of the update section alone. */
function prescanned({ updates }: RandomUpdate, zone: Name): number {
  const message = decoded(update({ zone, updates }))
  return (checkRecordShapes(message) ?? prescan(zone, updates))?.rcode ?? Rcode.NOERROR
}

/** Malformed to others as they read the message; to us, as RFC 2136 §3.2 and §3.4.1 come to the record. */
export function hasOddForm({ prerequisites, updates }: RandomUpdate): boolean {
  const all = [...prerequisites, ...updates]
  const isForeign = ({ class: class_ }: ResourceRecord) => !CLASSES.includes(class_)
  const isOverfull = ({ class: class_, rdata }: ResourceRecord) => class_ === Class.ANY && rdata.length > 0
  const isNegation = ({ class: class_, rdata }: ResourceRecord) => class_ === Class.NONE && rdata.length > 0
  const isEmpty = ({ class: class_, type, rdata }: ResourceRecord) =>
    class_ === Class.NONE && rdata.length === 0 && checkRdata(type, rdata) !== undefined
  return (
    all.some(isForeign) || all.some(isOverfull) || prerequisites.some(isNegation) || updates.some(isEmpty)
  )
}

const LONGEST_TTL = 0x7fff_ffff
export const NAMES_INSIDE: readonly number[] = [Type.NS, Type.CNAME, Type.PTR, Type.MX, Type.SRV, Type.DNAME]

export function adds(
  { updates }: RandomUpdate,
  isSuch: (record: ResourceRecord, name: Name) => boolean,
): ResourceRecord[] {
  return updates.filter((record) => record.class === Class.IN && isSuch(record, canonicalName(record.name)))
}

/** Titles as in test/clients/bind-difference-list.ts, which shows what exactly each server does. */
export const AGREED_WITH_BIND: readonly AgreedDifference[] = [
  {
    title: 'an SOA that is later than one before it in the message, yet not than the stored one',
    applies: (message, zone) =>
      adds(message, ({ type }, name) => type === Type.SOA && name === zone).length > 1,
  },
  {
    title: 'a required value given twice',
    applies: ({ prerequisites }) => {
      const keys = prerequisites
        .filter((record) => record.class === Class.IN)
        .map(
          ({ name, type, rdata }) => `${canonicalName(name)} ${type} ${Buffer.from(rdata).toString('hex')}`,
        )
      return new Set(keys).size < keys.length
    },
  },
  {
    title: 'a TTL of 2^31 or more',
    applies: (message) => adds(message, ({ ttl }) => ttl > LONGEST_TTL).length > 0,
  },
  {
    title: 'a stored record, its owner in another case',
    applies: (message) => adds(message, (record, name) => record.name !== name).length > 0,
  },
  {
    title: 'a stored record with a new TTL, a name in its RDATA in another case',
    applies: (message) => adds(message, ({ type }) => NAMES_INSIDE.includes(type)).some(hasCapitals),
  },
  {
    title: 'an NS at the apex whose host has no address',
    applies: (message, zone) =>
      adds(message, ({ type, rdata }, name) => type === Type.NS && name === zone && rdata[0] === 7).length >
      0,
  },
  {
    // and BIND takes the DS away with the NS
    title: 'a DS where no NS stands',
    types: ['DS'],
    applies: ({ updates }) =>
      updates.some(({ type }) => type === Type.DS || type === Type.NS || type === Type.ANY),
  },
  {
    title: 'an NS at a wildcard',
    applies: (message) =>
      adds(message, ({ type }, name) => type === Type.NS && name.startsWith('*.')).length > 0,
  },
  {
    title: 'a DNAME at a wildcard',
    applies: (message) =>
      adds(message, ({ type }, name) => type === Type.DNAME && name.startsWith('*.')).length > 0,
  },
  {
    title: 'NSEC and RRSIG from outside',
    applies: (message) => adds(message, ({ type }) => type === Type.NSEC).length > 0,
  },
  {
    title: 'the private type by which BIND keeps notes of its signing',
    applies: (message) => adds(message, ({ type }) => type === 65534).length > 0,
  },
]

export function hasCapitals({ rdata }: ResourceRecord): boolean {
  return rdata.some((octet) => octet >= 0x41 && octet <= 0x5a)
}
