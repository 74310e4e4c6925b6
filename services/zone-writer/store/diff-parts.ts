import { sql } from 'kysely'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { DbTransaction } from './admin-zones.ts'

/** The two halves of a difference sequence (RFC 1995): what goes, and what comes. */
export type Half = 'removed' | 'added'

/** Where a diff that is too large to be held gathers. */
export async function openDiffParts(trx: DbTransaction): Promise<void> {
  await sql`
    create temp table diff_part (half text collate "C" not null, n integer not null, octets bytea not null) on commit drop`.execute(
    trx,
  )
  // they are written once and read once
  await sql`alter table diff_part alter column octets set storage external`.execute(trx)
}

export async function addDiffPart(
  trx: DbTransaction,
  half: Half,
  n: number,
  octets: Uint8Array,
): Promise<void> {
  await sql`insert into diff_part values (${half}, ${n}, ${Buffer.from(octets)})`.execute(trx)
}

/** The canonical form of an event, without its diff and the length before that. */
export interface FormAroundDiff {
  readonly before: Uint8Array
  readonly after: Uint8Array
}

/**
 * Appends an event whose diff is in parts; answers its hash, which is over the form with the diff in it. The caller holds the
 * lock of its zone.
 */
export async function insertEventOfParts(
  trx: DbTransaction,
  event: Omit<ZoneEvent, 'diff' | 'hash'>,
  form: FormAroundDiff,
): Promise<Buffer> {
  const { rows } = await sql<{ hash: Buffer }>`
    with whole as materialized (
      select coalesce(string_agg(octets, ''::bytea order by half = 'added', n), ''::bytea) as diff from diff_part
    )
    insert into zone_event (
      zone_id, seq, kind, command_id, fingerprint, received_at, queued_at, decided_at, identity, source_address, source_port,
      transport, edge_id, message, rcode, section, reason, detail, rule, serial_before, serial_after, diff, previous_hash, hash
    )
    select ${event.zoneId}, ${event.seq}, ${event.kind}, ${event.commandId}::uuid, ${Buffer.from(event.fingerprint)},
           ${new Date(event.receivedAt)}::timestamptz, ${new Date(event.queuedAt)}::timestamptz,
           ${new Date(event.decidedAt)}::timestamptz, ${event.identity}, ${event.source.address}, ${event.source.port}::integer,
           ${event.transport}, ${event.edgeId}, ${Buffer.from(event.message)}, ${event.rcode}::integer, ${event.section},
           ${event.reason}, ${event.detail}, ${event.rule}, ${event.serialBefore}::bigint, ${event.serialAfter}::bigint, diff,
           ${Buffer.from(event.previousHash)},
           sha256(${Buffer.from(form.before)}::bytea || int4send(octet_length(diff)) || diff || ${Buffer.from(form.after)}::bytea)
    from whole
    returning hash`.execute(trx)
  return rows[0]!.hash
}
