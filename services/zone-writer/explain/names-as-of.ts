import type { Message } from '../../../shared/dns/message.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { isSubdomain } from '../../../shared/dns/name.ts'
import { ZoneContents } from '../../../shared/zone-contents.ts'
import { done, type Outcome } from '../admin/failure.ts'
import { namesTouched } from '../decide/apply.ts'
import { nameAsOf } from '../history/as-of.ts'
import type { Point } from '../history/resolve.ts'
import { rrsetOf } from '../history/rrset-state.ts'
import type { Db } from '../store/admin-zones.ts'

/** What deciding these messages can look at, as it was at a point of the zone's history: exactly, from its events. */
export async function touchedAsOf(
  db: Db,
  point: Point,
  messages: readonly Message[],
): Promise<Outcome<ZoneContents>> {
  const names = namesOf(point.apex, messages)
  const contents = new ZoneContents(point.apex)
  for (const name of names) {
    if (!isSubdomain(name, point.apex)) continue
    const states = await nameAsOf(db, point, name)
    if (!states.ok) return states
    for (const state of states.value) {
      const rrset = rrsetOf(state)
      if (rrset !== undefined) contents.put(rrset)
    }
  }
  return done(contents)
}

/** The apex and every name that these messages speak of. */
export function namesOf(apex: Name, messages: readonly Message[]): Set<Name> {
  const records = messages.flatMap(({ answers, authorities }) => [...answers, ...authorities])
  return namesTouched(apex, records)
}
