import type { Selectable } from 'kysely'
import type { ZoneEventTable } from '../../../shared/database/schema.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { SignatureMark } from '../../../shared/fingerprint.ts'
import { EVENT_COLUMNS, eventFromRow } from './events.ts'
import type { Statement } from './statement.ts'

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
 * Where events are that were recorded for these command ids (redelivery), for these fingerprints since a time (re-send), or for
 * these signed messages at any time (replay), for {@link loadRecorded}: nearly always there are none.
 */
export function findingRecorded({ commandIds, fingerprints, since, signedDigests }: Wanted): Statement {
  return {
    name: 'find-recorded',
    text: FIND_RECORDED(1),
    values: [commandIds, fingerprints, new Date(since), signedDigests],
  }
}

/** With four parameters, the values of {@link findingRecorded}, from this number on. */
// each condition has its index, which an OR of them with the join of the second half would not use
export const FIND_RECORDED = (first: number): string => `
  select zone_id, seq, signed_digest as known_by from zone_event
  where command_id = any($${first}::uuid[])
     or (fingerprint = any($${first + 1}::bytea[]) and queued_at >= $${first + 2}::timestamptz)
     or signed_digest = any($${first + 3}::bytea[])
  union all
  select zone_id, seq, signed_digest from resent_signature where signed_digest = any($${first + 3}::bytea[])`

/** The events of the rows of {@link findingRecorded}, oldest first; `ask` runs a statement. */
export async function loadRecorded(
  rows: readonly unknown[],
  ask: (statement: Statement) => Promise<unknown[]>,
): Promise<RecordedEvent[]> {
  if (rows.length === 0) return []
  const places = rows as readonly { zone_id: number; seq: number; known_by: Buffer | null }[]
  const found = await ask({
    name: 'load-recorded',
    text: LOAD,
    values: [
      places.map(({ zone_id }) => zone_id),
      places.map(({ seq }) => seq),
      places.map(({ known_by }) => known_by),
    ],
  })
  return (found as (Selectable<ZoneEventTable> & { known_by: Buffer | null })[]).map((row) => ({
    event: eventFromRow(row),
    signedDigest: row.known_by ?? undefined,
  }))
}

const LOAD = `
  select ${EVENT_COLUMNS.map((name) => `e.${name}`).join(', ')}, place.known_by from unnest($1::bigint[], $2::bigint[], $3::bytea[]) as place (zone_id, seq, known_by)
  join zone_event e on e.zone_id = place.zone_id and e.seq = place.seq
  order by e.queued_at`

/** For clocks of edges that are behind. */
const KEPT_LONGER_MS = 3_600_000

/** Remembers under what other signatures a recorded message has come, as long as they can be valid. */
export function savingResentSignatures(resent: readonly ResentSignature[], now: number): Statement[] {
  if (resent.length === 0) return []
  return [
    { name: 'forget-resent-signatures', text: FORGET, values: [new Date(now)] },
    {
      name: 'save-resent-signatures',
      text: SAVE,
      values: [
        resent.map(({ mark }) => mark.digest),
        resent.map(({ zoneId }) => zoneId),
        resent.map(({ seq }) => seq),
        resent.map(({ mark }) => new Date(mark.expiresAt + KEPT_LONGER_MS).toISOString()),
      ],
    },
  ]
}

const FORGET = 'delete from resent_signature where expires_at < $1'

const SAVE = `
  insert into resent_signature (signed_digest, zone_id, seq, expires_at)
  select * from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::timestamptz[])
  on conflict do nothing`
