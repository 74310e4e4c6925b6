import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { RefusalReport, RefusalRow } from '../../../shared/refusal-report.ts'

export interface StoredRefusal extends RefusalRow {
  readonly id: number
  readonly edgeId: string
}

/** Stores the rows of reports; rows that an earlier delivery stored are left as they are. */
export async function insertRefusals(db: Kysely<Database>, reports: readonly RefusalReport[]): Promise<void> {
  const rows = reports.flatMap((report) =>
    report.rows.map((row) => ({
      report_id: report.reportId,
      edge_id: report.edgeId,
      first_at: new Date(row.firstAt),
      last_at: new Date(row.lastAt),
      reason: row.reason,
      rcode: row.rcode,
      source_address: row.source,
      claimed_key: row.claimedKey,
      zone: row.zone,
      count: row.count,
      audit_id: row.auditId,
      detail: row.detail,
    })),
  )
  for (let start = 0; start < rows.length; start += 5_000)
    await db
      .insertInto('refusal')
      .values(rows.slice(start, start + 5_000))
      .onConflict((conflict) => conflict.constraint('refusal_once').doNothing())
      .execute()
}

/** Keeps the table bounded: deletes rows that ended before `before`, and all but the newest `most`. Returns how many went. */
export async function pruneRefusals(db: Kysely<Database>, most: number, before: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from refusal
    where last_at < ${before}
       or id <= (select id from refusal order by id desc offset ${most} limit 1)`.execute(db)
  return Number(numAffectedRows ?? 0)
}

/** Which refusals are wanted; what is left out does not matter. */
export interface RefusalFilter {
  /** Ids below this one only. */
  readonly before?: number
  readonly zone?: string
  /** Only of these. */
  readonly zones?: readonly string[]
  readonly reason?: string
  readonly auditId?: string
  readonly source?: string
  /** Those that went on until then, or began later. */
  readonly since?: Date
}

/** The newest refusals, newest first. */
export async function newestRefusals(
  db: Kysely<Database>,
  limit: number,
  { before, zone, zones, reason, auditId, source, since }: RefusalFilter = {},
): Promise<StoredRefusal[]> {
  let query = db.selectFrom('refusal').selectAll()
  if (before !== undefined) query = query.where('id', '<', before)
  if (zone !== undefined) query = query.where('zone', '=', zone)
  if (zones !== undefined) query = query.where('zone', '=', sql<string>`any(${zones}::text[])`)
  if (reason !== undefined) query = query.where('reason', '=', reason)
  if (auditId !== undefined) query = query.where('audit_id', '=', auditId)
  if (source !== undefined) query = query.where('source_address', '=', source)
  if (since !== undefined) query = query.where('last_at', '>=', since)
  const rows = await query.orderBy('id', 'desc').limit(limit).execute()
  return rows.map((row) => ({
    id: row.id,
    edgeId: row.edge_id,
    firstAt: row.first_at.getTime(),
    lastAt: row.last_at.getTime(),
    reason: row.reason,
    rcode: row.rcode,
    source: row.source_address,
    claimedKey: row.claimed_key,
    zone: row.zone,
    count: row.count,
    auditId: row.audit_id,
    detail: row.detail,
  }))
}
