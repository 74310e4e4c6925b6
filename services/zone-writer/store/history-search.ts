import { sql } from 'kysely'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Db } from './admin-zones.ts'
import { eventFromRow } from './events.ts'

/** What Postgres looks for among events. Left out, anything will do. Times in ms. */
export interface ColumnFilter {
  /** Any of these. */
  readonly identities?: readonly string[]
  readonly rcode?: number
  readonly reason?: string
  readonly kind?: string
  readonly since?: number
  readonly until?: number
}

/** Events with numbers from `least` to `most`. */
export interface Window {
  readonly least: number
  readonly most: number
  readonly newestFirst: boolean
  readonly limit: number
  /** Only these numbers. */
  readonly among?: readonly number[]
}

/** Events of a zone in a window of numbers that pass the filter, in the order asked for. */
export async function eventsIn(
  db: Db,
  zoneId: number,
  filter: ColumnFilter,
  window: Window,
): Promise<ZoneEvent[]> {
  return (await matching(db, zoneId, filter, window).selectAll().execute()).map(eventFromRow)
}

/** An event that changed contents, without them. */
export interface ChangePlace {
  readonly seq: number
  readonly address: string
  /** Of its message and its diff. */
  readonly octets: number
}

/** As {@link eventsIn}, only those that changed contents and are of no kind in `without`, and of each only where it is. */
export async function changesIn(
  db: Db,
  zoneId: number,
  filter: ColumnFilter,
  window: Window,
  without: readonly string[],
): Promise<ChangePlace[]> {
  return await matching(db, zoneId, filter, window)
    .where(sql<boolean>`octet_length(diff) > 0`)
    .where('kind', 'not in', without)
    .select([
      'seq',
      'source_address as address',
      sql<number>`octet_length(message) + octet_length(diff)`.as('octets'),
    ])
    .execute()
}

/** What these events of a zone changed, and what their messages asked for. */
export async function changesNumbered(
  db: Db,
  zoneId: number,
  seqs: readonly number[],
): Promise<{ seq: number; diff: Buffer; message: Buffer }[]> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', 'diff', 'message'])
    .where('zone_id', '=', zoneId)
    .where('seq', '=', sql<number>`any(${seqs}::bigint[])`)
    .orderBy('seq')
    .execute()
}

function matching(
  db: Db,
  zoneId: number,
  filter: ColumnFilter,
  { least, most, newestFirst, limit, among }: Window,
) {
  let query = db
    .selectFrom('zone_event')
    .where('zone_id', '=', zoneId)
    .where('seq', '>=', least)
    .where('seq', '<=', most)
  if (among !== undefined) query = query.where('seq', '=', sql<number>`any(${among}::bigint[])`)
  const { identities, rcode, reason, kind, since, until } = filter
  if (identities !== undefined) query = query.where('identity', 'in', identities)
  if (rcode !== undefined) query = query.where('rcode', '=', rcode)
  if (reason !== undefined) query = query.where('reason', '=', reason)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (since !== undefined) query = query.where('decided_at', '>=', new Date(since))
  if (until !== undefined) query = query.where('decided_at', '<', new Date(until + 1))
  return query.orderBy('seq', newestFirst ? 'desc' : 'asc').limit(limit)
}

/** These events of a zone, by number. */
export async function eventsNumbered(
  db: Db,
  zoneId: number,
  seqs: readonly number[],
): Promise<
  ReadonlyMap<
    number,
    Pick<ZoneEvent, 'kind' | 'commandId' | 'decidedAt' | 'identity' | 'transport' | 'rule' | 'edgeId'> & {
      address: string
    }
  >
> {
  const rows = await db
    .selectFrom('zone_event')
    .select([
      'seq',
      'kind',
      'command_id',
      'decided_at',
      'identity',
      'source_address',
      'transport',
      'rule',
      'edge_id',
    ])
    .where('zone_id', '=', zoneId)
    .where('seq', '=', sql<number>`any(${seqs}::bigint[])`)
    .execute()
  return new Map(
    rows.map((row) => [
      row.seq,
      {
        kind: row.kind as ZoneEvent['kind'],
        commandId: row.command_id,
        decidedAt: row.decided_at.getTime(),
        identity: row.identity as ZoneEvent['identity'],
        address: row.source_address,
        transport: row.transport as ZoneEvent['transport'],
        rule: row.rule,
        edgeId: row.edge_id,
      },
    ]),
  )
}
