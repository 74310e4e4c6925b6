import { sql } from 'kysely'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import { readRecords, skipRecord } from '../../../shared/dns/record.ts'
import { NO_HASH } from '../../../shared/events/event-codec.ts'
import type { DbTransaction } from './admin-zones.ts'

/** Filling an empty database: rows keep the ids that they had. */

/** Whether there ever was a zone or a key in this database; nobody else makes any until the transaction ends. */
export async function isInUse(trx: DbTransaction): Promise<boolean> {
  await sql`lock table zone, tsig_key, sig0_key, master_key_check in share row exclusive mode`.execute(trx)
  const { rows } = await sql<{ used: boolean }>`
    select exists (select from zone) or exists (select from tsig_key) or exists (select from sig0_key) as used`.execute(
    trx,
  )
  return rows[0]!.used
}

/** A zone whose name and place are not known yet; until {@link settleZone} it counts as deleted. */
export async function insertUnsettledZones(trx: DbTransaction, ids: readonly number[]): Promise<void> {
  await sql`
    insert into zone (id, name, seq, serial, hash, deleted_at) overriding system value
    select id, '', 0, 0, ${Buffer.from(NO_HASH)}, now() from unnest(${ids}::bigint[]) as known (id)
    on conflict do nothing`.execute(trx)
}

/** One of these events that is stored with another hash; a snapshot has that of the event it stands for. */
export async function contradictedEvent(
  trx: DbTransaction,
  events: readonly { readonly zoneId: number; readonly seq: number; readonly hash: Uint8Array }[],
): Promise<{ zoneId: number; seq: number } | undefined> {
  const { rows } = await sql<{ zoneId: number; seq: number }>`
    select zone_id as "zoneId", seq
    from unnest(
      ${events.map(({ zoneId }) => zoneId)}::bigint[], ${events.map(({ seq }) => seq)}::bigint[],
      ${events.map(({ hash }) => Buffer.from(hash))}::bytea[]
    ) as given (zone_id, seq, hash)
    join zone_event e using (zone_id, seq)
    where case when e.kind = 'snapshot' then e.previous_hash else e.hash end <> given.hash
    limit 1`.execute(trx)
  return rows[0]
}

export interface EventRange {
  readonly from: number
  readonly to: number
}

/** What is there of a zone's history. */
export interface GatheredZone {
  readonly id: number
  readonly first: number
  readonly last: number
  /** Events that are not there between those that are. */
  readonly gaps: readonly EventRange[]
}

/** Has a history that was compacted begin with its snapshot, whatever older events are there too. */
export async function dropEventsBeforeSnapshots(trx: DbTransaction): Promise<void> {
  await sql`
    delete from zone_event e
    using (select zone_id, max(seq) as seq from zone_event where kind = 'snapshot' group by zone_id) s
    where e.zone_id = s.zone_id and e.seq < s.seq`.execute(trx)
}

/** A history begins with event 1 or with a snapshot: what lacks before is no gap, but `first` tells. */
export async function gatheredZones(trx: DbTransaction): Promise<GatheredZone[]> {
  await sql`analyze zone_event`.execute(trx)
  const { rows } = await sql<{ id: number; first: number; last: number; gaps: EventRange[] | null }>`
    select z.id, coalesce(min(e.seq), 0) as first, coalesce(max(e.seq), 0) as last,
           json_agg(json_build_object('from', e.seq + 1, 'to', e.next - 1) order by e.seq)
             filter (where e.next > e.seq + 1) as gaps
    from zone z
    left join (select zone_id, seq, lead(seq) over (partition by zone_id order by seq) as next from zone_event) e
      on e.zone_id = z.id
    group by z.id order by z.id`.execute(trx)
  return rows.map(({ gaps, ...row }) => ({ ...row, gaps: gaps ?? [] }))
}

const LONGEST_RECORD = 255 + 10 + 65_535

/** A zone's name as the SOA of its first change has it, when that was, and when it was deleted. */
export async function originOf(
  trx: DbTransaction,
  zoneId: number,
): Promise<{ name: Name; createdAt: Date; deletedAt: Date | null } | undefined> {
  const { rows } = await sql<{ head: Buffer; created: Date; deleted: Date | null }>`
    select substring(diff for ${LONGEST_RECORD}::integer) as head, decided_at as created,
           (select max(decided_at) from zone_event where zone_id = ${zoneId} and kind = 'delete') as deleted
    from zone_event where zone_id = ${zoneId} and octet_length(diff) > 0 order by seq limit 1`.execute(trx)
  const [row] = rows
  if (row === undefined) return undefined
  const records = readRecords(row.head.subarray(0, Math.max(0, skipRecord(row.head, 0))))
  const [soa] = records.ok ? records.value : []
  return soa && { name: nameOf(soa.name), createdAt: row.created, deletedAt: row.deleted }
}

export interface SettledZone {
  readonly id: number
  readonly name: Name
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  readonly records: number
  readonly createdAt: Date
  readonly deletedAt: Date | null
}

/** Stores what was folded as a zone's RRsets, and its place. False when another living zone has the name. */
export async function settleZone(trx: DbTransaction, zone: SettledZone): Promise<boolean> {
  const { rows } = await sql`
    select from zone where name = ${zone.name} and deleted_at is null and ${zone.deletedAt}::timestamptz is null`.execute(
    trx,
  )
  if (rows.length > 0) return false
  await trx
    .updateTable('zone')
    .set({
      name: zone.name,
      seq: zone.seq,
      serial: zone.serial,
      hash: Buffer.from(zone.hash),
      published_seq: zone.seq,
      record_count: zone.records,
      created_at: zone.createdAt,
      deleted_at: zone.deletedAt,
    })
    .where('id', '=', zone.id)
    .execute()
  await sql`
    insert into rrset (zone_id, owner, type, owner_as_given, ttl, rdata)
    select ${zone.id}::bigint, owner, type, owner_as_given, ttl, rdata from folded_rrset`.execute(trx)
  return true
}

/** Leaves a zone out, with whatever is there of it. */
export async function leaveOut(trx: DbTransaction, zoneId: number): Promise<void> {
  for (const table of ['zone_event', 'rrset'])
    await sql`delete from ${sql.table(table)} where zone_id = ${zoneId}`.execute(trx)
  await sql`delete from zone where id = ${zoneId}`.execute(trx)
}

/** New rows get ids after those that were given: nothing that outlives a zone may be mistaken for another's. */
export async function continueIds(
  trx: DbTransaction,
  table: 'zone' | 'tsig_secret',
  least: number,
): Promise<void> {
  await sql`
    select setval(pg_get_serial_sequence(${table}, 'id'), greatest(${least}::bigint, (select coalesce(max(id), 1) from ${sql.table(table)})))`.execute(
    trx,
  )
}

export interface RestoredSecret {
  readonly id: number
  readonly algorithm: string
  readonly sealed: Uint8Array
  readonly expiresAt: Date | null
}

/** A key with its secrets, sealed as they are; the order is from the newest to the oldest. */
export async function insertRestoredKey(
  trx: DbTransaction,
  key: {
    readonly name: Name
    readonly leastMacOctets: number | null
    readonly secrets: readonly RestoredSecret[]
  },
  at: Date,
): Promise<void> {
  await trx
    .insertInto('tsig_key')
    .values({
      name: key.name,
      created_at: at,
      created_by: 'system',
      expires_at: null,
      least_mac_octets: key.leastMacOctets,
    })
    .execute()
  for (const { id, algorithm, sealed, expiresAt } of key.secrets)
    await sql`
      insert into tsig_secret (id, key_name, algorithm, sealed, created_at, created_by, expires_at) overriding system value
      values (${id}, ${key.name}, ${algorithm}, ${Buffer.from(sealed)}, ${at}, 'system', ${expiresAt})`.execute(
      trx,
    )
}

/** A writer that did not start may have left one. */
export async function putMasterKeyCheck(trx: DbTransaction, sealed: Uint8Array): Promise<void> {
  const row = { sealed: Buffer.from(sealed) }
  await trx
    .insertInto('master_key_check')
    .values({ id: 1, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
}
