import { Class, isMetaType, Type } from '../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../shared/dns/name.ts'
import { checkRdata } from '../../shared/dns/rdata.ts'
import type { RandomUpdate } from '../clients/random-updates.ts'
import { AGREED_WITH_BIND, type AgreedDifference, adds } from './differences.ts'

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

const LATER_SOA = 'an SOA that is later than one before it in the message, yet not than the stored one'

export const AGREED_WITH_KNOT: readonly AgreedDifference[] = [
  {
    title: 'RDATA that does not parse as its type',
    applies: ({ prerequisites, updates }) =>
      [...prerequisites, ...updates].some(
        ({ type, class: class_, rdata }) => class_ !== Class.ANY && checkRdata(type, rdata) !== undefined,
      ),
  },
  {
    title: 'a type for questions only',
    applies: ({ updates }) =>
      updates.some(
        ({ type, class: class_ }) => isMetaType(type) && !(type === Type.ANY && class_ === Class.ANY),
      ),
  },
  {
    title: 'a KEY beside a CNAME',
    applies: (message) =>
      adds(message, ({ type }) => [Type.KEY, Type.NSEC, Type.CNAME].includes(type as 25)).length > 0,
  },
  {
    title: 'a WKS for an address and a protocol that have one',
    type: 'WKS',
    applies: (message) => adds(message, ({ type }) => type === Type.WKS).length > 0,
  },
  {
    title: 'a TTL of 2^31 or more',
    applies: (message) => adds(message, ({ ttl }) => ttl > 0x7fff_ffff).length > 0,
  },
  ...AGREED_WITH_BIND.filter(({ title }) => title === LATER_SOA),
]
