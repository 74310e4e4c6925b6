import { Type, typeFromText, typeToText } from '../../../shared/dns/codes.ts'
import { rdataToText } from '../../../shared/dns/rdata.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { type Db, inSnapshot } from '../store/admin-zones.ts'
import { readByIndex } from '../store/by-index.ts'
import {
  type PlacedRRset,
  type RRsetFilter,
  type RRsetPlace,
  type RRsetRange,
  rrsetsBetween,
  rrsetsOfApex,
} from '../store/rrset-page.ts'
import { done, failure, type Outcome } from './failure.ts'
import { readCanonicalName, zoneNamed } from './names.ts'

export interface RRsetQuery {
  readonly limit: number
  /** `next` of the page before, or `previous` of any: behind that place. */
  readonly after?: string
  /** Not behind this place. */
  readonly upTo?: string
  /** Begin where this text stands among the names, in place of `after`. */
  readonly from?: string
  /** The last of them. */
  readonly backwards?: boolean
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
  readonly previous?: string
}

/** A page of a zone's RRsets: those of its own name first, the SOA before all, then the others by their names as text. */
export async function listRRsets(
  db: Db,
  zoneName: string,
  query: RRsetQuery,
  mostLookedAt?: number,
): Promise<Outcome<RRsetPage>> {
  const filter = filterOf(query)
  if (!filter.ok) return filter
  const range = rangeOf(query)
  if (!range.ok) return range
  const backwards = query.backwards ?? false
  return await inSnapshot(db, async (trx) => {
    const zone = await zoneNamed(trx, zoneName)
    if (!zone.ok) return zone
    const { name, serial, seq } = zone.value
    await readByIndex(trx)
    const fromFirst = range.value.after === undefined
    const apex = fromFirst ? await rrsetsOfApex(trx, zone.value, filter.value) : []
    // going backwards, those of the apex come when there is no page before
    const left = backwards ? query.limit : Math.max(1, query.limit - apex.length)
    const how = { limit: left, backwards, ...(mostLookedAt !== undefined && { mostLookedAt }) }
    const { found, lookedTo } = await rrsetsBetween(trx, zone.value, filter.value, range.value, how)
    const hasApex = !backwards || lookedTo === undefined
    const rrsets = [...(hasApex ? soaFirst(apex) : []), ...found].map(({ rrset }) => rrsetJson(rrset))
    const before = backwards ? lookedTo : range.value.after
    const behind = backwards ? range.value.upTo : (lookedTo ?? range.value.upTo)
    return done({
      ...{ zone: name, serial, seq, rrsets },
      ...((backwards ? behind : lookedTo) && { next: cursorAt(behind!) }),
      ...(before && { previous: cursorAt(before) }),
    })
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

function rangeOf({ after, upTo, from }: RRsetQuery): Outcome<RRsetRange> {
  if (from !== undefined && after !== undefined)
    return failure('bad-filter', 'from and after both say where to begin: give one of them.')
  const [begin, end] = [placeOf('after', after), placeOf('upTo', upTo)]
  if (!begin.ok) return begin
  if (!end.ok) return end
  // before whatever the name has
  const start = from === undefined ? begin.value : { owner: from.toLowerCase(), type: -1 }
  return done({ after: start, upTo: end.value })
}

function placeOf(what: string, cursor: string | undefined): Outcome<RRsetPlace | undefined> {
  if (cursor === undefined) return done(undefined)
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const [, type, owner] = /^(-1|\d{1,5}) (.+)$/s.exec(text) ?? []
  if (type === undefined || owner === undefined)
    return failure('bad-filter', `${what} is neither \`next\` nor \`previous\` of a page.`)
  return done({ type: Number(type), owner })
}
