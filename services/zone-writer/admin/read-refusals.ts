import { rcodeToText } from '../../../shared/dns/codes.ts'
import { canonicalName } from '../../../shared/dns/name.ts'
import { nearest } from '../../../shared/nearest.ts'
import { REASONS, reasonOf } from '../../../shared/reasons.ts'
import { readTime } from '../history/point.ts'
import type { Db } from '../store/admin-zones.ts'
import { newestRefusals, type StoredRefusal } from '../store/refusals.ts'
import { done, failure, type Outcome } from './failure.ts'
import { keyHint } from './key-hint.ts'
import { readName } from './names.ts'

/** Messages that an edge refused before they were commands, alike ones counted together. */
export interface RefusalJson {
  readonly id: number
  /** What the client was told, as `ref …`; empty for what an older edge refused. */
  readonly auditId: string
  readonly edge: string
  readonly firstAt: string
  readonly lastAt: string
  readonly reason: string
  /** What was answered; null for silence. */
  readonly outcome: string | null
  /** `many`: in a flood, refusals are counted without source, key and zone. */
  readonly source: string
  readonly claimedKey: string
  readonly zone: string
  readonly count: number
  /** What was wrong with the first of them. */
  readonly detail: string
  /** What to do. */
  readonly remedy: string
}

export interface RefusalPage {
  readonly refusals: readonly RefusalJson[]
  readonly next: number | undefined
}

/** What to look for; all that is given must hold. */
export interface RefusalQuery {
  readonly before?: number
  readonly zone?: string
  readonly reason?: string
  readonly auditId?: string
  readonly source?: string
  /** A time, or how long ago. */
  readonly since?: string
}

/** A page of refusals, newest first. */
export async function listRefusals(
  db: Db,
  limit: number,
  { zone, since, ...query }: RefusalQuery,
  now: number,
  zones?: readonly string[],
): Promise<Outcome<RefusalPage>> {
  const begin = since === undefined ? undefined : readTime(since, now)
  if (since !== undefined && begin === undefined)
    return failure(
      'bad-point',
      `since: '${since}' is no time: expected 2026-11-25T10:00Z, or how long ago (2h)`,
    )
  const name = zone === undefined ? undefined : readName(zone, 'zone')
  if (name?.ok === false) return name
  if (query.reason !== undefined && reasonOf(query.reason) === undefined) return unknownReason(query.reason)
  const rows = await newestRefusals(db, limit, {
    ...query,
    ...(zones === undefined ? {} : { zones }),
    ...(name === undefined ? {} : { zone: canonicalName(name.value) }),
    ...(begin === undefined ? {} : { since: new Date(begin) }),
  })
  const hints = await hintsFor(db, rows, now)
  const refusals = rows.map(({ edgeId, rcode, firstAt, lastAt, detail, ...row }) => ({
    ...row,
    detail: withHint(detail, hints.get(`${row.reason} ${row.claimedKey}`)),
    edge: edgeId,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
    outcome: rcode === null ? null : rcodeToText(rcode),
    remedy: reasonOf(row.reason)?.remedy ?? '',
  }))
  return done({ refusals, next: rows.length === limit ? rows.at(-1)?.id : undefined })
}

/** Looked up once for each key, however many rows it has. */
async function hintsFor(db: Db, rows: readonly StoredRefusal[], now: number): Promise<Map<string, string>> {
  const hints = new Map<string, string>()
  for (const { reason, claimedKey } of rows) {
    const key = `${reason} ${claimedKey}`
    if (!hints.has(key)) hints.set(key, await keyHint(db, reason, claimedKey, now))
  }
  return hints
}

function withHint(detail: string, hint: string | undefined): string {
  if (hint === undefined || hint === '') return detail
  return detail === '' ? hint : `${detail}; ${hint}`
}

function unknownReason(reason: string) {
  const near = nearest(reason, Object.keys(REASONS))
  const hint = near === undefined ? 'docs/operations.md lists them' : `did you mean ${near}?`
  return failure('bad-reason', `'${reason}' is not a reason for which messages are refused; ${hint}`)
}
