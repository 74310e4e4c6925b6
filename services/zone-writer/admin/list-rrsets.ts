import { Type, typeFromText, typeToText } from '../../../shared/dns/codes.ts'
import { rdataToText } from '../../../shared/dns/rdata.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { type Db, inSnapshot } from '../store/admin-zones.ts'
import {
  type PlacedRRset,
  type RRsetFilter,
  type RRsetPlace,
  rrsetsAfter,
  rrsetsOfApex,
} from '../store/rrset-page.ts'
import { done, failure, type Outcome } from './failure.ts'
import { readCanonicalName, zoneNamed } from './names.ts'

export interface RRsetQuery {
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: string
  readonly name?: string
  readonly search?: string
  readonly type?: string
}

export interface RRsetJson {
  readonly name: string
  readonly type: string
  readonly ttl: number
  /** RDATA as in a zone file. */
  readonly values: readonly string[]
}

export interface RRsetPage {
  readonly zone: string
  /** The zone stood there when the page was read. */
  readonly serial: number
  readonly seq: number
  readonly rrsets: readonly RRsetJson[]
  readonly next?: string
}

/** A page of a zone's RRsets: those of its own name first, the SOA before all, then the others by their names as text. */
export async function listRRsets(db: Db, zoneName: string, query: RRsetQuery): Promise<Outcome<RRsetPage>> {
  const filter = filterOf(query)
  if (!filter.ok) return filter
  const after = placeOf(query.after)
  if (!after.ok) return after
  return await inSnapshot(db, async (trx) => {
    const zone = await zoneNamed(trx, zoneName)
    if (!zone.ok) return zone
    const { name, serial, seq } = zone.value
    const apex = after.value === undefined ? await rrsetsOfApex(trx, zone.value, filter.value) : []
    const left = Math.max(1, query.limit - apex.length)
    // one more tells whether there is another page
    const others = await rrsetsAfter(trx, zone.value, filter.value, after.value, left + 1)
    const shown = [...soaFirst(apex), ...others.slice(0, left)]
    const page = { zone: name, serial, seq, rrsets: shown.map(({ rrset }) => rrsetJson(rrset)) }
    return done(others.length > left ? { ...page, next: cursorAt(shown.at(-1)!.place) } : page)
  })
}

export function rrsetJson({ name, type, ttl, rdata }: RRset): RRsetJson {
  return { name, type: typeToText(type), ttl, values: rdata.map((one) => rdataToText(type, one)) }
}

function soaFirst(apex: readonly PlacedRRset[]): PlacedRRset[] {
  return apex.toSorted((a, b) => Number(b.place.type === Type.SOA) - Number(a.place.type === Type.SOA))
}

function filterOf({ name, search, type }: RRsetQuery): Outcome<RRsetFilter> {
  const owner = name === undefined ? undefined : readCanonicalName(name, 'record')
  if (owner !== undefined && !owner.ok) return owner
  const number = type === undefined ? undefined : typeFromText(type)
  if (type !== undefined && number === undefined)
    return failure('bad-filter', `'${type}' is not a type: expected one such as A, TXT or TYPE65280.`)
  return done({
    ...(owner === undefined ? {} : { name: owner.value }),
    ...(search === undefined ? {} : { search: search.toLowerCase() }),
    ...(number === undefined ? {} : { type: number }),
  })
}

function cursorAt({ owner, type }: RRsetPlace): string {
  return Buffer.from(`${type} ${owner}`, 'utf8').toString('base64url')
}

function placeOf(after: string | undefined): Outcome<RRsetPlace | undefined> {
  if (after === undefined) return done(undefined)
  const [, type, owner] = /^(\d{1,5}) (.+)$/s.exec(Buffer.from(after, 'base64url').toString('utf8')) ?? []
  if (type === undefined || owner === undefined)
    return failure('bad-filter', 'after is not `next` of another page.')
  return done({ type: Number(type), owner })
}
