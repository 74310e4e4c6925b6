import { rcodeToText } from '../../../shared/dns/codes.ts'
import { canonicalName } from '../../../shared/dns/name.ts'
import { nearest } from '../../../shared/nearest.ts'
import { REASONS, reasonOf } from '../../../shared/reasons.ts'
import type { Db } from '../store/admin-zones.ts'
import { newestRefusals } from '../store/refusals.ts'
import { done, failure, type Outcome } from './failure.ts'
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
  /** ISO 8601. */
  readonly since?: string
}

/** A page of refusals, newest first. */
export async function listRefusals(
  db: Db,
  limit: number,
  { zone, since, ...query }: RefusalQuery = {},
): Promise<Outcome<RefusalPage>> {
  const name = zone === undefined ? undefined : readName(zone, 'zone')
  if (name?.ok === false) return name
  if (query.reason !== undefined && reasonOf(query.reason) === undefined) return unknownReason(query.reason)
  const rows = await newestRefusals(db, limit, {
    ...query,
    ...(name === undefined ? {} : { zone: canonicalName(name.value) }),
    ...(since === undefined ? {} : { since: new Date(since) }),
  })
  const refusals = rows.map(({ edgeId, rcode, firstAt, lastAt, ...row }) => ({
    ...row,
    edge: edgeId,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
    outcome: rcode === null ? null : rcodeToText(rcode),
    remedy: reasonOf(row.reason)?.remedy ?? '',
  }))
  return done({ refusals, next: rows.length === limit ? rows.at(-1)?.id : undefined })
}

function unknownReason(reason: string) {
  const near = nearest(reason, Object.keys(REASONS))
  const hint = near === undefined ? 'docs/operations.md lists them' : `did you mean ${near}?`
  return failure('bad-reason', `'${reason}' is not a reason for which messages are refused; ${hint}`)
}
