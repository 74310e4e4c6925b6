import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { skipRecord } from '../../../shared/dns/record.ts'
import type { Extent, ExtentRequest, Page, PageRequest } from '../../../shared/messaging/history-service.ts'
import { snapshotThatBegins } from './compaction.ts'
import { readHeads } from './read-zone.ts'

/** What secondaries fetch: the changes that lead from any serial of a zone's past to one of its events. */

/** Events that one statement looks at, whether they changed something or not. */
const EVENTS_LOOKED_AT = 10_000
/** Events whose sizes are summed up at most; those of a longer past are taken to be as large on average. */
const MOST_SUMMED = 50_000
/** Changes of so many octets are not summed up further where they have more than the zone has, at so many octets a record. */
const ALWAYS_SUMMED_OCTETS = 8 * 1024 * 1024
const LONG_RECORD = 300

const hasDiff = sql<boolean>`octet_length(diff) > 0`

/** What bounds the sum of a long past; for tests. */
export interface ExtentLimits {
  readonly atOnce: number
  readonly most: number
  readonly alwaysOctets: number
}

const EXTENT_LIMITS: ExtentLimits = {
  atOnce: EVENTS_LOOKED_AT,
  most: MOST_SUMMED,
  alwaysOctets: ALWAYS_SUMMED_OCTETS,
}

/** Undefined when there is no such zone. A serial that the zone had more than once counts where it had it last. */
export async function readExtent(
  db: Kysely<Database>,
  { zoneId, serial, upTo }: ExtentRequest,
  limits: ExtentLimits = EXTENT_LIMITS,
): Promise<Extent | 'behind' | 'unknown-serial' | undefined> {
  const head = (await readHeads(db, [zoneId])).get(zoneId)
  if (head === undefined) return undefined
  if (head.seq < upTo) return 'behind'
  const start = await db
    .selectFrom('zone_event')
    .select('seq')
    .where('zone_id', '=', zoneId)
    .where('serial_after', '=', serial)
    .where('seq', '<=', upTo)
    .where(hasDiff)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (start === undefined) return 'unknown-serial'
  const sum = await sumOfChanges(db, zoneId, { after: start.seq, upTo }, limits)
  return { kind: 'extent', after: start.seq, upTo, ...sum }
}

/**
 * Of the events in (after, upTo]. Exact for a short past. Of a long one no more is read than is needed to know that the whole zone is
 * shorter, and no more than so many events: the others are taken to be like them.
 */
async function sumOfChanges(
  db: Kysely<Database>,
  zoneId: number,
  { after, upTo }: { after: number; upTo: number },
  { atOnce, most, alwaysOctets }: ExtentLimits,
): Promise<{ changes: number; octets: number }> {
  const sum = { changes: 0, octets: 0 }
  let enough: number | undefined
  let at = after
  while (at < upTo) {
    if (at - after >= most) return scaled(sum, (upTo - after) / (at - after))
    if (sum.octets > alwaysOctets) {
      enough ??= (await recordCount(db, zoneId)) * LONG_RECORD
      if (sum.octets > enough) return sum
    }
    const end = Math.min(upTo, at + atOnce)
    const { changes, octets } = await db
      .selectFrom('zone_event')
      .select([
        sql<number>`count(*)::bigint`.as('changes'),
        sql<number>`coalesce(sum(octet_length(diff)), 0)::bigint`.as('octets'),
      ])
      .where('zone_id', '=', zoneId)
      .where('seq', '>', at)
      .where('seq', '<=', end)
      .where(hasDiff)
      .executeTakeFirstOrThrow()
    sum.changes += changes
    sum.octets += octets
    at = end
  }
  return sum
}

function scaled({ changes, octets }: { changes: number; octets: number }, factor: number) {
  // what was looked at may have changed nothing, but something has since
  return { changes: Math.max(1, Math.round(changes * factor)), octets: Math.round(octets * factor) }
}

async function recordCount(db: Kysely<Database>, zoneId: number): Promise<number> {
  const zone = await db
    .selectFrom('zone')
    .select('record_count')
    .where('id', '=', zoneId)
    .executeTakeFirstOrThrow()
  return zone.record_count ?? Number.POSITIVE_INFINITY
}

/**
 * At most `octets` of records from a place on, or one record if that is longer; none when nothing changed for long. Undefined when
 * there is no such zone.
 */
export async function readPage(
  db: Kysely<Database>,
  { zoneId, from, upTo }: PageRequest,
  octets: number,
  lookedAt = EVENTS_LOOKED_AT,
): Promise<Omit<Page, 'kind'> | 'behind' | undefined> {
  const page = await pageFrom(db, { zoneId, from, upTo }, octets, lookedAt)
  // these events may have been replaced by a snapshot meanwhile, which is no change
  return (await snapshotThatBegins(db, zoneId)) >= from.seq ? 'behind' : page
}

async function pageFrom(
  db: Kysely<Database>,
  { zoneId, from, upTo }: PageRequest,
  octets: number,
  lookedAt: number,
): Promise<Omit<Page, 'kind'> | 'behind' | undefined> {
  const head = (await readHeads(db, [zoneId])).get(zoneId)
  if (head === undefined) return undefined
  if (head.seq < upTo) return 'behind'
  const end = Math.min(upTo, from.seq + lookedAt - 1)
  const sizes = await diffSizes(db, zoneId, from.seq, end)
  const [first] = sizes
  const afterAll = end < upTo ? { seq: end + 1, offset: 0 } : undefined
  if (first === undefined) return { records: new Uint8Array(), next: afterAll }
  const offset = first.seq === from.seq ? from.offset : 0
  if (first.size - offset > octets) return await readPiece(db, zoneId, first, offset, octets)
  const whole = countThatFit(sizes, octets + offset)
  const last = sizes[whole - 1]!
  const rows = await db
    .selectFrom('zone_event')
    .select('diff')
    .where('zone_id', '=', zoneId)
    .where('seq', '>=', first.seq)
    .where('seq', '<=', last.seq)
    .where(hasDiff)
    .orderBy('seq')
    .execute()
  const records = Buffer.concat(rows.map(({ diff }, index) => (index === 0 ? diff.subarray(offset) : diff)))
  return { records, next: whole < sizes.length ? { seq: last.seq + 1, offset: 0 } : afterAll }
}

function countThatFit(sizes: readonly { size: number }[], octets: number): number {
  let left = octets
  for (const [index, { size }] of sizes.entries()) {
    left -= size
    if (left < 0) return index
  }
  return sizes.length
}

async function diffSizes(
  db: Kysely<Database>,
  zoneId: number,
  from: number,
  upTo: number,
): Promise<{ seq: number; size: number }[]> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', sql<number>`octet_length(diff)`.as('size')])
    .where('zone_id', '=', zoneId)
    .where('seq', '>=', from)
    .where('seq', '<=', upTo)
    .where(hasDiff)
    .orderBy('seq')
    .execute()
}

/** Part of a diff that is longer than a page, cut between two records. */
async function readPiece(
  db: Kysely<Database>,
  zoneId: number,
  event: { seq: number; size: number },
  offset: number,
  octets: number,
): Promise<Omit<Page, 'kind'>> {
  // room for one record more, whatever its length
  const { piece } = await db
    .selectFrom('zone_event')
    .select(
      sql<Buffer>`substring(diff from ${offset + 1}::integer for ${octets + MAX_RECORD}::integer)`.as(
        'piece',
      ),
    )
    .where('zone_id', '=', zoneId)
    .where('seq', '=', event.seq)
    .executeTakeFirstOrThrow()
  let end = 0
  for (
    let next = skipRecord(piece, 0);
    next > 0 && (next <= octets || end === 0);
    next = skipRecord(piece, end)
  )
    end = next
  if (end === 0) throw new Error(`the diff of event ${event.seq} holds no record at octet ${offset}`)
  return { records: piece.subarray(0, end), next: { seq: event.seq, offset: offset + end } }
}

const MAX_RECORD = 255 + 10 + 65_535
