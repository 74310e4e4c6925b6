import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { readTime } from '../history/point.ts'
import type { Db, DbTransaction } from '../store/admin-zones.ts'
import {
  type AuditEntry,
  type AuditFilter,
  type AuditSubject,
  insertAudit,
  newestAudit,
} from '../store/audit.ts'
import { done, failure, type Outcome } from './failure.ts'

/** Part of the transaction that makes a change: both are there, or neither. What zonelog does by itself is no entry. */
export async function recordAudit(trx: DbTransaction, entry: AuditEntry): Promise<void> {
  if (entry.by !== 'system') await insertAudit(trx, entry)
}

/** Of an event that the API made. */
export async function auditEvent(
  trx: DbTransaction,
  name: Name,
  { zoneId, seq, kind, identity, decidedAt, detail }: AuditedEvent,
): Promise<void> {
  await recordAudit(trx, {
    at: new Date(decidedAt),
    by: identity,
    ...{ subject: 'zone', name, change: kind, detail, zoneId, seq },
  })
}

type AuditedEvent = Pick<ZoneEvent, 'zoneId' | 'seq' | 'kind' | 'identity' | 'decidedAt' | 'detail'>

export interface AuditJson {
  readonly id: number
  readonly at: string
  readonly by: string
  readonly subject: AuditSubject
  readonly name: string
  readonly change: string
  readonly detail: string
  readonly seq?: number
}

export interface AuditPage {
  readonly entries: readonly AuditJson[]
  readonly next: number | undefined
}

export interface AuditQuery {
  readonly before?: number
  readonly by?: string
  readonly subject?: AuditSubject
  readonly name?: string
  /** A time, or how long ago. */
  readonly since?: string
}

/** A page of what was changed by the API, newest first. */
export async function listAudit(
  db: Db,
  limit: number,
  { by, name, since, ...query }: AuditQuery,
  zones: readonly string[] | undefined,
  now: number,
): Promise<Outcome<AuditPage>> {
  const begin = since === undefined ? undefined : readTime(since, now)
  if (since !== undefined && begin === undefined)
    return failure(
      'bad-filter',
      `since '${since}' is no time: expected one such as 2026-11-25T10:00Z, or 2h.`,
    )
  const filter: AuditFilter = {
    ...query,
    zones,
    name: query.subject === 'token' || name === undefined ? name : withDot(name),
    by: by === undefined || by.includes(':') ? by : `api:${by}`,
    since: begin === undefined ? undefined : new Date(begin),
  }
  const rows = await newestAudit(db, limit, filter)
  const entries = rows.map(({ at, zoneId: _, seq, ...row }) => ({
    ...row,
    at: at.toISOString(),
    ...(seq === undefined ? {} : { seq }),
  }))
  return done({ entries, next: rows.length === limit ? rows.at(-1)?.id : undefined })
}

/** Names of zones and keys are stored whole, in lower case. */
function withDot(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower : `${lower}.`
}
