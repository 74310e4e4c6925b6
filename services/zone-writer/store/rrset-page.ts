import { type SelectQueryBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { GivenName, Name } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import type { Db } from './admin-zones.ts'

/** Which RRsets of a zone are wanted. */
export interface RRsetFilter {
  readonly name?: Name
  /** A part of the owner's canonical text. */
  readonly search?: string
  readonly type?: number
}

/** A place between RRsets in the order of their owners' text and types: behind this one, or where it would stand. */
export interface RRsetPlace {
  readonly owner: string
  readonly type: number
}

/** Those behind `after`, up to `upTo` with what stands there; left out, from the first and to the last. */
export interface RRsetRange {
  readonly after?: RRsetPlace | undefined
  readonly upTo?: RRsetPlace | undefined
}

export interface PlacedRRset {
  readonly place: RRsetPlace
  readonly rrset: RRset
}

export interface FoundRRsets {
  /** In the order of the list, in either direction. */
  readonly found: readonly PlacedRRset[]
  /** Where the look ended with more of the range before it; undefined when there was none. */
  readonly lookedTo: RRsetPlace | undefined
}

/** Entries of the index that a filter looks at for one page; a page then has fewer than asked, or none, and is not the last. */
export const MOST_LOOKED_AT = 50_000

/**
 * RRsets of a range, the first or (`backwards`) the last `limit` of them; those of the apex are asked for apart. A page is a step into the
 * index of the table; what a filter wants is looked for among its next entries, so many and no more.
 */
export async function rrsetsBetween(
  db: Db,
  zone: { readonly id: number; readonly name: Name },
  filter: RRsetFilter,
  range: RRsetRange,
  page: { readonly limit: number; readonly backwards: boolean; readonly mostLookedAt?: number },
): Promise<FoundRRsets> {
  const { limit, backwards, mostLookedAt = MOST_LOOKED_AT } = page
  const isSearch = filter.name === undefined && (filter.search !== undefined || filter.type !== undefined)
  const look = isSearch ? await lookAhead(db, zone, range, mostLookedAt, backwards) : undefined
  const looked = look === undefined ? range : backwards ? { ...range, after: look } : { ...range, upTo: look }
  const rows = await inRange(selection(db, zone.id, filter, backwards), looked)
    .where('owner', '!=', zone.name)
    // one more tells whether there is another page
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit).map(placed)
  if (backwards) shown.reverse()
  if (rows.length <= limit) return { found: shown, lookedTo: look }
  const edge = backwards ? shown[0]!.place : shown.at(-1)!.place
  return { found: shown, lookedTo: backwards ? { owner: edge.owner, type: edge.type - 1 } : edge }
}

/** Where the next so many entries of the index end; undefined where the range has no more. */
async function lookAhead(
  db: Db,
  zone: { readonly id: number },
  range: RRsetRange,
  most: number,
  backwards: boolean,
): Promise<RRsetPlace | undefined> {
  const direction = backwards ? 'desc' : 'asc'
  const row = await inRange(db.selectFrom('rrset').select(['owner', 'type']), range)
    .where('zone_id', '=', zone.id)
    .orderBy('owner', direction)
    .orderBy('type', direction)
    .offset(most)
    .limit(1)
    .executeTakeFirst()
  return row
}

/** RRsets of the zone's own name: few. */
export async function rrsetsOfApex(
  db: Db,
  zone: { readonly id: number; readonly name: Name },
  filter: RRsetFilter,
): Promise<PlacedRRset[]> {
  return (await selection(db, zone.id, filter, false).where('owner', '=', zone.name).execute()).map(placed)
}

function inRange<O>(
  query: SelectQueryBuilder<Database, 'rrset', O>,
  { after, upTo }: RRsetRange,
): SelectQueryBuilder<Database, 'rrset', O> {
  const place = ({ owner, type }: RRsetPlace) => sql`(${owner} collate "C", ${type}::integer)`
  let bounded = query
  if (after !== undefined) bounded = bounded.where(sql<boolean>`(owner, type) > ${place(after)}`)
  if (upTo !== undefined) bounded = bounded.where(sql<boolean>`(owner, type) <= ${place(upTo)}`)
  return bounded
}

function selection(db: Db, zoneId: number, { name, search, type }: RRsetFilter, backwards: boolean) {
  const direction = backwards ? 'desc' : 'asc'
  let query = db
    .selectFrom('rrset')
    .select(['owner', 'owner_as_given', 'type', 'ttl', 'rdata'])
    .where('zone_id', '=', zoneId)
    .orderBy('owner', direction)
    .orderBy('type', direction)
  if (name !== undefined) query = query.where('owner', '=', name)
  if (search !== undefined) query = query.where(sql<boolean>`strpos(owner, ${search}) > 0`)
  if (type !== undefined) query = query.where('type', '=', type)
  return query
}

interface Row {
  owner: string
  owner_as_given: string
  type: number
  ttl: number
  rdata: Buffer[]
}

function placed({ owner, owner_as_given, type, ttl, rdata }: Row): PlacedRRset {
  return { place: { owner, type }, rrset: { name: owner_as_given as GivenName, type, ttl, rdata } }
}
