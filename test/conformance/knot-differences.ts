import { Class, Type } from '../../shared/dns/codes.ts'
import { canonicalName, type Name } from '../../shared/dns/name.ts'
import type { RandomUpdate } from '../clients/random-updates.ts'
import type { AgreedDifference } from './differences.ts'

/** Knot 3.2 dies of an SOA below the apex, and of a DNAME for a name that has one. */
export function crashesKnot({ updates }: RandomUpdate, zone: Name): boolean {
  return updates.some(
    ({ name, class: class_, type }) =>
      class_ === Class.IN && (type === Type.DNAME || (type === Type.SOA && canonicalName(name) !== zone)),
  )
}

export const AGREED_WITH_KNOT: readonly AgreedDifference[] = []
