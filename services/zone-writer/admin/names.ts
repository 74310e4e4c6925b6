import { canonicalName, type GivenName, type Name, parseName } from '../../../shared/dns/name.ts'
import { nearest } from '../../../shared/nearest.ts'
import { type Db, findZone, type ZoneSummary, zonePage } from '../store/admin-zones.ts'
import { done, failure, type Outcome } from './failure.ts'

/** A domain name as people write it; the final dot may be left out. */
export function readName(text: string, what: string): Outcome<GivenName> {
  const parsed = parseName(text.trim())
  if (!parsed.ok) return failure('bad-name', `'${text}' cannot be the name of a ${what}: ${parsed.reason}.`)
  return done(parsed.value)
}

export function readCanonicalName(text: string, what: string): Outcome<Name> {
  const name = readName(text, what)
  return name.ok ? done(canonicalName(name.value)) : name
}

/** The zone of that name; the failure names the nearest that there is. */
export async function zoneNamed(db: Db, text: string): Promise<Outcome<ZoneSummary>> {
  const name = readCanonicalName(text, 'zone')
  if (!name.ok) return name
  const zone = await findZone(db, name.value)
  if (zone !== undefined) return done(zone)
  return failure('zone-not-found', `There is no zone ${name.value} here${await hint(db, name.value)}.`)
}

// enough for a hint; a search for the nearest of a million names would cost more than the hint is worth
const NAMES_SEARCHED = 5_000

async function hint(db: Db, name: Name): Promise<string> {
  const names = (await zonePage(db, NAMES_SEARCHED)).map((zone) => zone.name)
  if (names.length === 0) return `; create it: zonelog zone create ${name}`
  const enclosing = names.filter((zone) => zone !== '.' && name.endsWith(`.${zone}`))
  const near = nearest(name, names) ?? enclosing.toSorted((a, b) => b.length - a.length)[0]
  return near === undefined ? '; `zonelog zone list` names those there are' : `; did you mean ${near}?`
}
