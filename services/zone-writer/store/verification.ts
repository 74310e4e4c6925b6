import { type Selectable, sql } from 'kysely'
import type { ZoneEventTable } from '../../../shared/database/schema.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { StoredRRset, StoredZone } from '../history/verify/stored-zone.ts'
import type { Db, DbTransaction } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'
import { eventFromRow } from './events.ts'

/** Few at a time: each is hashed and decided again, and others wait for the processor meanwhile. */
const EVENTS_AT_ONCE = 200
const RRSETS_AT_ONCE = 1_000

/** An event as it is stored, or why its row cannot be one. */
export type StoredEvent =
  | {
      readonly seq: number
      readonly event: ZoneEvent
      readonly finerThanMs: boolean
      /** By which a replay of its message is known (P2); follows from the message. */
      readonly signedDigest: Uint8Array | null
    }
  | { readonly seq: number; readonly unreadable: string }

type Row = Selectable<ZoneEventTable> & { finer_than_ms: boolean }

/** Every event of a zone after `after` that is stored, whatever the zone's row says, oldest first. */
export async function* storedEvents(
  trx: DbTransaction,
  zoneId: number,
  after = 0,
): AsyncGenerator<readonly StoredEvent[]> {
  // times are kept to the microsecond, events have whole milliseconds
  const query = sql`
    select *, not (
      date_trunc('milliseconds', received_at) = received_at and date_trunc('milliseconds', queued_at) = queued_at
      and date_trunc('milliseconds', decided_at) = decided_at
    ) as finer_than_ms
    from zone_event where zone_id = ${zoneId} and seq > ${after} order by seq`
  for await (const rows of rowsOf<Row>(trx, 'stored_events', query, EVENTS_AT_ONCE)) yield rows.map(readRow)
}

function readRow(row: Row): StoredEvent {
  try {
    const { seq, finer_than_ms: finerThanMs, signed_digest: signedDigest } = row
    return { seq, event: eventFromRow(row), finerThanMs, signedDigest }
  } catch (error) {
    return { seq: row.seq, unreadable: String(error) }
  }
}

export async function* storedRRsets(
  trx: DbTransaction,
  zoneId: number,
): AsyncGenerator<readonly StoredRRset[]> {
  const query = sql`
    select owner, owner_as_given as "ownerAsGiven", type, ttl, rdata
    from rrset where zone_id = ${zoneId} order by owner, type`
  yield* rowsOf<StoredRRset>(trx, 'stored_rrsets', query, RRSETS_AT_ONCE)
}

export async function storedZone(db: Db, zoneId: number): Promise<StoredZone | undefined> {
  const row = await db
    .selectFrom('zone')
    .select(['name', 'seq', 'serial', 'hash', 'published_seq', 'record_count', 'deleted_at'])
    .where('id', '=', zoneId)
    .executeTakeFirst()
  return (
    row && {
      name: row.name,
      seq: row.seq,
      serial: row.serial,
      hash: row.hash,
      publishedSeq: row.published_seq,
      recordCount: row.record_count,
      deleted: row.deleted_at !== null,
    }
  )
}
