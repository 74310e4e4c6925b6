import { type RawBuilder, sql } from 'kysely'
import { EVENT_VERSION } from '../../../shared/events/event-codec.ts'
import type { EventKind } from '../../../shared/events/zone-event.ts'
import type { WitnessedEvent } from '../history/compact/statement.ts'
import type { DbTransaction } from './admin-zones.ts'
import { rowsOf } from './cursor.ts'

/** What following a chain and folding it needs of an event. */
export interface ChainedEvent {
  readonly zoneId: number
  readonly seq: number
  readonly kind: EventKind
  readonly message: Uint8Array
  /** Of a `compact` event; empty for others. */
  readonly detail: string
  /** Ms since the epoch. */
  readonly decidedAt: number
  readonly serialBefore: number
  readonly serialAfter: number
  readonly diff: Uint8Array
  readonly previousHash: Uint8Array
  readonly hash: Uint8Array
  /** Whether its hash is that of its contents. */
  readonly hashHolds: boolean
}

const EVENTS_AT_ONCE = 1_000

/**
 * A zone's events after `after`, oldest first, hashed by Postgres, so that little of them needs to come here. `withMessages` brings what
 * clients sent as well.
 */
export async function* chainedEvents(
  trx: DbTransaction,
  zoneId: number,
  after: number,
  withMessages: boolean,
): AsyncGenerator<readonly ChainedEvent[]> {
  const query = sql`
    select zone_id as "zoneId", seq, kind, ${withMessages ? sql`message` : sql`''::bytea`} as message,
           case when kind = 'compact' then detail else '' end as detail,
           floor(extract(epoch from decided_at) * 1000)::bigint as "decidedAt",
           serial_before as "serialBefore", serial_after as "serialAfter", diff, previous_hash as "previousHash", hash,
           sha256(${CANONICAL_FORM}) = hash as "hashHolds"
    from zone_event where zone_id = ${zoneId} and seq > ${after} order by seq`
  yield* rowsOf<ChainedEvent>(trx, 'chained_events', query, EVENTS_AT_ONCE)
}

/** Events after `after` that say that older ones were replaced, oldest first. */
export async function compactEvents(
  trx: DbTransaction,
  zoneId: number,
  after: number,
): Promise<readonly WitnessedEvent[]> {
  const { rows } = await sql<WitnessedEvent>`
    select seq, kind, detail, serial_after as "serialAfter", floor(extract(epoch from decided_at) * 1000)::bigint as "decidedAt",
           previous_hash as "previousHash", hash
    from zone_event where zone_id = ${zoneId} and seq > ${after} and kind = 'compact' order by seq`.execute(
    trx,
  )
  return rows
}

const octets = (column: string): RawBuilder<Buffer> =>
  sql`int4send(octet_length(${sql.ref(column)})) || ${sql.ref(column)}`
const text = (column: string): RawBuilder<Buffer> =>
  sql`int4send(octet_length(convert_to(${sql.ref(column)}::text, 'UTF8'))) || convert_to(${sql.ref(column)}::text, 'UTF8')`
const ms = (column: string): RawBuilder<Buffer> =>
  sql`int8send(floor(extract(epoch from ${sql.ref(column)}) * 1000)::bigint)`
const uint64 = (column: string): RawBuilder<Buffer> => sql`int8send(${sql.ref(column)})`
// serials go beyond what an integer of Postgres holds
const uint32 = (column: string): RawBuilder<Buffer> =>
  sql`substring(int8send(${sql.ref(column)}::bigint) from 5)`

/** As shared/events/event-codec.ts writes it. */
const CANONICAL_FORM = sql.join(
  [
    sql`${sql.lit(`\\x0${EVENT_VERSION}`)}::bytea`,
    ...['zone_id', 'seq'].map(uint64),
    ...['kind', 'command_id'].map(text),
    octets('fingerprint'),
    ...['received_at', 'queued_at', 'decided_at'].map(ms),
    ...['identity', 'source_address'].map(text),
    uint32('source_port'),
    ...['transport', 'edge_id'].map(text),
    octets('message'),
    uint32('rcode'),
    ...['section', 'reason', 'detail', 'rule'].map(text),
    ...['serial_before', 'serial_after'].map(uint32),
    ...['diff', 'previous_hash'].map(octets),
  ],
  sql` || `,
)
