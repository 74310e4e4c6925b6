import type { Identity, Transport } from '../../../shared/commands.ts'
import type { EventKind, ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Db } from './admin-zones.ts'
import { type BinaryRows, binaryRows } from './binary-rows.ts'
import { EVENT_COLUMNS } from './events.ts'

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

export interface EventPage {
  readonly events: number
  /** Of messages and diffs: no event begins behind so many, so that a page has at most one more. */
  readonly octets: number
}

/** Few at a time: each is hashed and decided again, and others wait for the processor meanwhile. */
const FEW: EventPage = { events: 200, octets: 2 * 1024 * 1024 }

/**
 * Every event of a zone after `after` that is stored, whatever the zone's row says, oldest first, a page at a time. Each page is what is there when it
 * is read: for events of one moment the transaction must be a snapshot, and nobody may compact the zone meanwhile where it is none.
 */
export async function* storedEvents(
  db: Db,
  zoneId: number,
  after = 0,
  page: EventPage = FEW,
): AsyncGenerator<readonly StoredEvent[]> {
  for (let last = after; ; ) {
    const rows = await binaryRows(db, pageQuery(zoneId, last, page), COLUMNS.length)
    const events: StoredEvent[] = []
    let octets = 0
    while (rows.next()) {
      events.push(readRow(rows))
      octets += rows.length(MESSAGE) + rows.length(DIFF)
    }
    if (events.length > 0) yield events
    if (events.length < page.events && octets < page.octets) return
    last = events.at(-1)!.seq
  }
}

const COLUMNS = [...EVENT_COLUMNS, 'signed_digest']
const [MESSAGE, DIFF, SIGNED_DIGEST] = [at('message'), at('diff'), at('signed_digest')]

/** Zone and number are numbers of ours: such a statement has no parameters. */
function pageQuery(zoneId: number, after: number, { events, octets }: EventPage): string {
  const names = COLUMNS.join(', ')
  return `
    select ${names}
    from (
      select ${names}, sum(octet_length(message) + octet_length(diff)) over (order by seq rows unbounded preceding) as so_far
      from zone_event where zone_id = ${zoneId} and seq > ${after} order by seq limit ${events}
    ) page
    where so_far - octet_length(message) - octet_length(diff) < ${octets} order by seq`
}

function at(column: string): number {
  return COLUMNS.indexOf(column)
}

function readRow(rows: BinaryRows): StoredEvent {
  const seq = rows.int64(1)
  try {
    const times = [rows.time(5), rows.time(6), rows.time(7)] as const
    return {
      seq,
      event: eventOf(rows, seq, times),
      finerThanMs: !times.every(Number.isInteger),
      signedDigest: rows.isNull(SIGNED_DIGEST) ? null : rows.octets(SIGNED_DIGEST),
    }
  } catch (error) {
    return { seq, unreadable: String(error) }
  }
}

/** In the order of {@link EVENT_COLUMNS}. Whole milliseconds, as events have them. */
function eventOf(rows: BinaryRows, seq: number, times: readonly [number, number, number]): ZoneEvent {
  return {
    zoneId: rows.int64(0),
    seq,
    kind: rows.text(2) as EventKind,
    commandId: rows.uuid(3),
    fingerprint: rows.octets(4),
    receivedAt: Math.floor(times[0]),
    queuedAt: Math.floor(times[1]),
    decidedAt: Math.floor(times[2]),
    identity: rows.text(8) as Identity,
    source: { address: rows.text(9), port: rows.int32(10) },
    transport: rows.text(11) as Transport,
    edgeId: rows.text(12),
    message: rows.octets(MESSAGE),
    rcode: rows.int32(14),
    section: rows.text(15),
    reason: rows.text(16),
    detail: rows.text(17),
    rule: rows.text(18),
    serialBefore: rows.int64(19),
    serialAfter: rows.int64(20),
    diff: rows.octets(DIFF),
    previousHash: rows.octets(22),
    hash: rows.octets(23),
  }
}
