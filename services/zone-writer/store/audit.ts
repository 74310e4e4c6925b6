import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

export const AUDIT_SUBJECTS = ['zone', 'rules', 'key', 'token', 'master-key'] as const
export type AuditSubject = (typeof AUDIT_SUBJECTS)[number]

/** Something that somebody changed by the API. */
export interface AuditEntry {
  readonly at: Date
  /** `api:NAME` of the token. */
  readonly by: string
  readonly subject: AuditSubject
  /** Of the zone, the key or the token. */
  readonly name: string
  /** Stable word, such as `created`, `rotated`, `set`. */
  readonly change: string
  /** A sentence for people that holds no secret. */
  readonly detail: string
  readonly zoneId?: number | undefined
  /** The event of the zone that says the same. */
  readonly seq?: number | undefined
}

export type StoredAuditEntry = AuditEntry & { readonly id: number }

/** Part of the transaction that makes the change. */
export async function insertAudit(db: Kysely<Database>, entry: AuditEntry): Promise<void> {
  const { zoneId, seq, ...rest } = entry
  await db
    .insertInto('audit')
    .values({ ...rest, zone_id: zoneId ?? null, seq: seq ?? null })
    .execute()
}

/** Which entries are wanted; what is left out does not matter. */
export interface AuditFilter {
  /** Ids below this one only. */
  readonly before?: number | undefined
  readonly by?: string | undefined
  readonly subject?: AuditSubject | undefined
  readonly name?: string | undefined
  readonly since?: Date | undefined
  /** Only what was done to these zones. */
  readonly zones?: readonly string[] | undefined
}

/** The newest entries, newest first. */
export async function newestAudit(
  db: Kysely<Database>,
  limit: number,
  { before, by, subject, name, since, zones }: AuditFilter,
): Promise<StoredAuditEntry[]> {
  let query = db.selectFrom('audit').selectAll()
  if (before !== undefined) query = query.where('id', '<', before)
  if (by !== undefined) query = query.where('by', '=', by)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  if (name !== undefined) query = query.where('name', '=', name)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (zones !== undefined)
    query = query
      .where('subject', 'in', ['zone', 'rules'])
      .where('name', '=', sql<string>`any(${zones}::text[])`)
  const rows = await query.orderBy('id', 'desc').limit(limit).execute()
  return rows.map(({ zone_id, subject: what, ...row }) => ({
    ...row,
    subject: what as AuditSubject,
    zoneId: zone_id ?? undefined,
    seq: row.seq ?? undefined,
  }))
}
