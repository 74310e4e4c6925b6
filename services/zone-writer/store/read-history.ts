import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { skipRecord } from '../../../shared/dns/record.ts'
import type { Extent, ExtentRequest, Page, PageRequest } from '../../../shared/messaging/history-service.ts'
import { readHeads } from './read-zone.ts'

/** What secondaries fetch: the changes that lead from any serial of a zone's past to one of its events. */

/** Events whose sizes are looked at, at once. */
const EVENTS_LOOKED_AT = 5_000

const hasDiff = sql<boolean>`octet_length(diff) > 0`

/** Undefined when there is no such zone. A serial that the zone had more than once counts where it had it last. */
export async function readExtent(
  db: Kysely<Database>,
  { zoneId, serial, upTo }: ExtentRequest,
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
  const { changes, octets } = await db
    .selectFrom('zone_event')
    .select([
      sql<number>`count(*)::bigint`.as('changes'),
      sql<number>`coalesce(sum(octet_length(diff)), 0)::bigint`.as('octets'),
    ])
    .where('zone_id', '=', zoneId)
    .where('seq', '>', start.seq)
    .where('seq', '<=', upTo)
    .where(hasDiff)
    .executeTakeFirstOrThrow()
  return { kind: 'extent', after: start.seq, upTo, changes, octets }
}

/** At most `octets` of records from a place on, or one record if that is longer. Undefined when there is no such zone. */
export async function readPage(
  db: Kysely<Database>,
  { zoneId, from, upTo }: PageRequest,
  octets: number,
): Promise<Omit<Page, 'kind'> | 'behind' | undefined> {
  const head = (await readHeads(db, [zoneId])).get(zoneId)
  if (head === undefined) return undefined
  if (head.seq < upTo) return 'behind'
  const sizes = await diffSizes(db, zoneId, from.seq, upTo)
  const [first] = sizes
  if (first === undefined) return { records: new Uint8Array(), next: undefined }
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
  const more = whole < sizes.length || sizes.length === EVENTS_LOOKED_AT
  return { records, next: more && last.seq < upTo ? { seq: last.seq + 1, offset: 0 } : undefined }
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
    .limit(EVENTS_LOOKED_AT)
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
