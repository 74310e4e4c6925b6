import { sql } from 'kysely'
import type { WitnessedEvent } from '../history/compact/statement.ts'
import type { Db, DbTransaction } from './admin-zones.ts'

/** The number of the snapshot that a zone's history begins with; 0 where it begins with its first event. */
export async function snapshotThatBegins(db: Db, zoneId: number): Promise<number> {
  const first = await firstEvent(db, zoneId)
  return first?.kind === 'snapshot' ? first.seq : 0
}

export interface FirstEvent {
  readonly seq: number
  readonly kind: string
  readonly detail: string
}

/** The oldest event that is kept. */
export async function firstEvent(db: Db, zoneId: number): Promise<FirstEvent | undefined> {
  return await db
    .selectFrom('zone_event')
    .select(['seq', 'kind', 'detail'])
    .where('zone_id', '=', zoneId)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
}

/** Events after `after` that say that older ones were replaced, oldest first. */
export async function compactEvents(
  trx: Db,
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

/** How many events there are up to one, and the octets of their messages and diffs. */
export async function weighEvents(
  db: Db,
  zoneId: number,
  upTo: number,
): Promise<{ events: number; octets: number }> {
  const { rows } = await sql<{ events: number; octets: number }>`
    select count(*) as events, coalesce(sum(octet_length(message) + octet_length(diff)), 0)::bigint as octets
    from zone_event where zone_id = ${zoneId} and seq <= ${upTo}`.execute(db)
  return rows[0]!
}

/** Where the chain is after an event. */
export interface EventPlace {
  readonly hash: Buffer
  readonly serial: number
  /** When it was decided, in ms since the epoch. */
  readonly at: number
  /** Whether it stands for events that are gone. */
  readonly isSnapshot: boolean
}

export async function placeAt(db: Db, zoneId: number, seq: number): Promise<EventPlace | undefined> {
  const row = await db
    .selectFrom('zone_event')
    .select(['hash', 'previous_hash', 'kind', 'serial_after', 'decided_at'])
    .where('zone_id', '=', zoneId)
    .where('seq', '=', seq)
    .executeTakeFirst()
  return (
    row && {
      hash: row.kind === 'snapshot' ? row.previous_hash : row.hash,
      serial: row.serial_after,
      at: row.decided_at.getTime(),
      isSnapshot: row.kind === 'snapshot',
    }
  )
}

/** The role of this writer, if it may not delete events. */
export async function roleThatMayNotDelete(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ role: string; may: boolean }>`
    select current_user as role, has_table_privilege('zone_event', 'delete') as may`.execute(db)
  return rows[0]!.may ? undefined : rows[0]!.role
}

/** First key of a two-part advisory lock, as those in claims.ts. */
const COMPACTIONS = 0x5a4c_0003

/** Whether no other transaction compacts the zone; none will until this one ends. */
export async function claimCompaction(trx: DbTransaction, zoneId: number): Promise<boolean> {
  const { rows } = await sql<{ claimed: boolean }>`
    select pg_try_advisory_xact_lock(${COMPACTIONS}, hashint8(${zoneId}::bigint)) as claimed`.execute(trx)
  return rows[0]!.claimed
}

/** Waits for a compaction of the zone, and has none begin until this transaction ends. */
export async function keepCompactionsOff(trx: DbTransaction, zoneId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${COMPACTIONS}, hashint8(${zoneId}::bigint))`.execute(trx)
}

/** From here on the transaction fails rather than wait longer for a lock that another one holds. */
export async function waitForLocksAtMost(trx: DbTransaction, ms: number): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(ms)}`.execute(trx)
}

/** The first event up to one whose message also came under another signature that is still valid. */
export async function eventWithLiveResend(
  db: Db,
  zoneId: number,
  upTo: number,
  now: Date,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('resent_signature')
    .select('seq')
    .where('zone_id', '=', zoneId)
    .where('seq', '<=', upTo)
    .where('expires_at', '>', now)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  return row?.seq
}

/**
 * Deletes the events up to one, and what is derived from them and says nothing of later moments. No lock of the zone is needed, and
 * none is taken: updates go on.
 */
export async function deleteEventsUpTo(trx: DbTransaction, zoneId: number, upTo: number): Promise<void> {
  await sql`delete from resent_signature where zone_id = ${zoneId} and seq <= ${upTo}`.execute(trx)
  await sql`delete from zone_event where zone_id = ${zoneId} and seq <= ${upTo}`.execute(trx)
  await sql`delete from name_asked where zone_id = ${zoneId} and seq <= ${upTo}`.execute(trx)
  // the newest state of each RRset is what the snapshot has
  await sql`
    delete from rrset_state s
    using (
      select owner, type, seq, lead(seq) over (partition by owner, type order by seq) as next
      from rrset_state where zone_id = ${zoneId} and seq <= ${upTo}
    ) old
    where s.zone_id = ${zoneId} and s.owner = old.owner and s.type = old.type and s.seq = old.seq and old.next is not null`.execute(
    trx,
  )
  await sql`
    delete from zone_snapshot_part
    where zone_id = ${zoneId} and seq < (
      select max(seq) from zone_snapshot_part where zone_id = ${zoneId} and seq <= ${upTo}
    )`.execute(trx)
}

/** Has everything that is derived from a zone's events be made anew. */
export async function forgetDerived(trx: DbTransaction, zoneId: number): Promise<void> {
  for (const table of ['rrset_state', 'name_asked', 'zone_snapshot_part', 'event_count', 'history_progress'])
    await sql`delete from ${sql.table(table)} where zone_id = ${zoneId}`.execute(trx)
}
