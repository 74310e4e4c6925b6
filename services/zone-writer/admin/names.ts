import { canonicalName, type GivenName, type Name, parseName } from '../../../shared/dns/name.ts'
import { nearest } from '../../../shared/nearest.ts'
import {
  type Db,
  deletedZones,
  findAnyZone,
  findZone,
  type ZoneSummary,
  type ZoneWithHistory,
  zonePage,
} from '../store/admin-zones.ts'
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

/** How a zone is named among several that had its name, deleted ones too. */
export function nameWithId({ name, id }: Pick<ZoneSummary, 'name' | 'id'>): string {
  return `${name === '.' ? name : name.slice(0, -1)}@${id}`
}

/**
 * The zone whose history is meant: that of the name, or `NAME@ID`, which may be deleted. The failure names deleted zones that had the
 * name.
 */
export async function zoneInHistory(db: Db, text: string): Promise<Outcome<ZoneWithHistory>> {
  const living = await zoneNamed(db, text)
  if (living.ok) return done({ ...living.value, deletedAt: undefined })
  const [, name, id] = /^(.+)@(\d{1,15})$/.exec(text.trim()) ?? []
  if (name !== undefined) {
    const wanted = readCanonicalName(name, 'zone')
    const found = wanted.ok ? await findAnyZone(db, Number(id)) : undefined
    if (found !== undefined && wanted.ok && found.name === wanted.value) return done(found)
    return failure(
      'zone-not-found',
      `No zone ${name} had the id ${id}; \`zonelog zone list --deleted\` shows those there were.`,
    )
  }
  const gone = await zonesThatWere(db, text)
  if (gone.length === 0) return living
  return failure(
    'zone-not-found',
    `There is no zone ${gone[0]!.name} now; its history is kept: name it ${gone.map(nameWithId).join(' or ')}.`,
  )
}

/** Deleted zones that had this name, the one that was made first first. */
export async function zonesThatWere(db: Db, text: string): Promise<ZoneWithHistory[]> {
  const name = readCanonicalName(text, 'zone')
  return name.ok ? await deletedZones(db, { name: name.value, limit: MOST_OF_A_NAME }) : []
}

const MOST_OF_A_NAME = 1_000

// enough for a hint; a search for the nearest of a million names would cost more than the hint is worth
const NAMES_SEARCHED = 5_000

async function hint(db: Db, name: Name): Promise<string> {
  const names = (await zonePage(db, NAMES_SEARCHED)).map((zone) => zone.name)
  if (names.length === 0) return `; create it: zonelog zone create ${name}`
  const enclosing = names.filter((zone) => zone !== '.' && name.endsWith(`.${zone}`))
  const near = nearest(name, names) ?? enclosing.toSorted((a, b) => b.length - a.length)[0]
  return near === undefined ? '; `zonelog zone list` names those there are' : `; did you mean ${near}?`
}
