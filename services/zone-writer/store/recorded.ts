import { type Kysely, type RawBuilder, type Selectable, sql, type Transaction } from 'kysely'
import type { Database, ZoneEventTable } from '../../../shared/database/schema.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { SignatureMark } from '../../../shared/fingerprint.ts'
import { eventFromRow } from './events.ts'

/** By what a command may be known already. */
export interface Wanted {
  readonly commandIds: readonly string[]
  readonly fingerprints: readonly Uint8Array[]
  /** How far back fingerprints count, in ms since the epoch. */
  readonly since: number
  readonly signedDigests: readonly Uint8Array[]
}

/** An event, and a digest that is known to stand for it. */
export interface RecordedEvent {
  readonly event: ZoneEvent
  readonly signedDigest: Uint8Array | undefined
}

/** A message that was answered from an event whose own message was signed at another time. */
export interface ResentSignature {
  readonly mark: SignatureMark
  readonly zoneId: number
  readonly seq: number
}

/**
 * Events recorded for these command ids (redelivery), for these fingerprints since a time (re-send), or for these signed
 * messages at any time (replay); oldest first.
 */
export async function findRecorded(db: Kysely<Database>, wanted: Wanted): Promise<RecordedEvent[]> {
  const digests = octetsOf(wanted.signedDigests)
  // each condition has its index, which an OR of them with the join of the second half would not use
  const { rows } = await sql<Selectable<ZoneEventTable> & { known_by: Buffer | null }>`
    select e.*, e.signed_digest as known_by from zone_event e
    where e.command_id = any(${wanted.commandIds}::uuid[])
       or (e.fingerprint = any(${octetsOf(wanted.fingerprints)}) and e.queued_at >= ${new Date(wanted.since)})
       or e.signed_digest = any(${digests})
    union all
    select e.*, r.signed_digest from resent_signature r
    join zone_event e on e.zone_id = r.zone_id and e.seq = r.seq
    where r.signed_digest = any(${digests})
    order by queued_at`.execute(db)
  return rows.map((row) => ({ event: eventFromRow(row), signedDigest: row.known_by ?? undefined }))
}

/** For clocks of edges that are behind. */
const KEPT_LONGER_MS = 3_600_000

/** Remembers under what other signatures a recorded message has come, as long as they can be valid. */
export async function saveResentSignatures(
  trx: Transaction<Database>,
  resent: readonly ResentSignature[],
  now: number,
): Promise<void> {
  if (resent.length === 0) return
  const rows = resent.map(({ mark, zoneId, seq }) => ({
    signed_digest: Buffer.from(mark.digest),
    zone_id: zoneId,
    seq,
    expires_at: new Date(mark.expiresAt + KEPT_LONGER_MS),
  }))
  await trx.deleteFrom('resent_signature').where('expires_at', '<', new Date(now)).execute()
  await trx
    .insertInto('resent_signature')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function octetsOf(values: readonly Uint8Array[]): RawBuilder<unknown> {
  return sql`${values.map((value) => Buffer.from(value))}::bytea[]`
}
