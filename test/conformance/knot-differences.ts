import { Class, isMetaType, Type } from '../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../shared/dns/name.ts'
import { checkRdata } from '../../shared/dns/rdata.ts'
import type { RandomUpdate } from '../clients/random-updates.ts'
import { type AgreedDifference, adds } from './differences.ts'

/**
 * What is not sent to Knot 3.2: it dies of an SOA below the apex and of a DNAME for a name that has one, and says nothing when the
 * zone section holds two records.
 */
export function tooMuchForKnot({ bytes, updates }: RandomUpdate, zone: Name): boolean {
  const fatal = updates.some(
    ({ name, class: class_, type }) =>
      class_ === Class.IN && (type === Type.DNAME || (type === Type.SOA && canonicalName(name) !== zone)),
  )
  return fatal || bytes[5] !== 1
}

/** Of most records that are sent, since Knot keeps the TTL that a set has. */
export const KNOT_TTL = 300

export const AGREED_WITH_KNOT: readonly AgreedDifference[] = [
  {
    title: 'RDATA that does not parse as its type',
    because: 'RFC 2136 §2.2: the message is malformed, and nobody could print or sign the record',
    knot: 'stores most of it',
    applies: ({ prerequisites, updates }) =>
      [...prerequisites, ...updates].some(
        ({ type, class: class_, rdata }) => class_ !== Class.ANY && checkRdata(type, rdata) !== undefined,
      ),
  },
  {
    title: 'a type for questions only',
    because: 'RFC 2136 §3.4.1.2 and RFC 6895 §3.1: types 128 to 255 are in no zone',
    knot: 'stores those that it does not know',
    applies: ({ updates }) =>
      updates.some(
        ({ type, class: class_ }) => isMetaType(type) && !(type === Type.ANY && class_ === Class.ANY),
      ),
  },
  {
    title: 'a TTL in a deletion',
    because: 'RFC 2136 §3.4.1.2: FORMERR',
    knot: 'deletes the set',
    applies: ({ updates }) => updates.some(({ class: class_, ttl }) => class_ === Class.ANY && ttl > 0),
  },
  {
    title: 'a KEY beside a CNAME',
    because: 'RFC 2181 §10.1 and RFC 4035 §2.5 let KEY, SIG, NXT, NSEC and RRSIG stand there',
    knot: 'ignores it',
    types: ['KEY', 'NSEC', 'CNAME'],
    applies: (message) =>
      adds(message, ({ type }) => type === Type.KEY || type === Type.NSEC || type === Type.CNAME).length > 0,
  },
  {
    title: 'a WKS for an address and a protocol that have one',
    because: 'RFC 2136 §3.4.2.2: it takes the place of that one',
    knot: 'keeps both',
    types: ['WKS'],
    applies: (message) => adds(message, ({ type }) => type === Type.WKS).length > 0,
  },
  {
    title: 'another TTL than the set has',
    because:
      'RFC 2136 §3.4.2.2 has the new record take the place of the old one, and RFC 2181 §5.2 one TTL for the set',
    knot: 'keeps the TTL of the set',
    applies: (message) => adds(message, ({ ttl }) => ttl !== KNOT_TTL).length > 0,
  },
  {
    title: 'a TTL of 2^31 or more',
    because: 'RFC 2181 §8: treated as 0',
    knot: 'stores it as it is',
    applies: (message) => adds(message, ({ ttl }) => ttl > 0x7fff_ffff).length > 0,
  },
]
