import { sql } from 'kysely'
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

/** A place between RRsets in the order of their owners' text and types. */
export interface RRsetPlace {
  readonly owner: string
  readonly type: number
}

export interface PlacedRRset {
  readonly place: RRsetPlace
  readonly rrset: RRset
}

/** RRsets after a place, at most so many, by the index of the table; those of the apex are asked for apart. */
export async function rrsetsAfter(
  db: Db,
  zone: { readonly id: number; readonly name: Name },
  filter: RRsetFilter,
  after: RRsetPlace | undefined,
  limit: number,
): Promise<PlacedRRset[]> {
  let query = selection(db, zone.id, filter).where('owner', '!=', zone.name).limit(limit)
  if (after !== undefined)
    query = query.where(sql<boolean>`(owner, type) > (${after.owner} collate "C", ${after.type}::integer)`)
  return (await query.execute()).map(placed)
}

/** RRsets of the zone's own name: few. */
export async function rrsetsOfApex(
  db: Db,
  zone: { readonly id: number; readonly name: Name },
  filter: RRsetFilter,
): Promise<PlacedRRset[]> {
  return (await selection(db, zone.id, filter).where('owner', '=', zone.name).execute()).map(placed)
}

function selection(db: Db, zoneId: number, { name, search, type }: RRsetFilter) {
  let query = db
    .selectFrom('rrset')
    .select(['owner', 'owner_as_given', 'type', 'ttl', 'rdata'])
    .where('zone_id', '=', zoneId)
    .orderBy('owner')
    .orderBy('type')
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
