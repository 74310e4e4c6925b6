import type { Db } from '../store/admin-zones.ts'
import { type VerifiedCounts, verifiedPage, type ZoneVerified } from '../store/verified.ts'

/** How far the background verifier is in a zone. Times are ISO 8601. */
export interface VerifiedZone {
  readonly zone: string
  /** The number of its newest event. */
  readonly seq: number
  /** The last event that was verified. */
  readonly verified: number
  /** What hashing old events once more has reached; it begins anew when it is through. */
  readonly again?: number
  /** When it was looked at last; left out where it never was. */
  readonly lookedAt?: string
  /** What differs from its history, and since when that is known. */
  readonly differs?: string
  readonly differsSince?: string
}

export interface VerifiedZones {
  readonly counts: Omit<VerifiedCounts, 'leastRecent'> & { readonly leastRecent?: string }
  readonly zones: readonly VerifiedZone[]
  /** What to pass as `after` for the following page. */
  readonly next?: string
}

export interface VerifiedQuery {
  readonly limit: number
  readonly after?: string
  readonly search?: string
  readonly differing: boolean
}

/** A page of living zones by name, and what is so of all of them, which may have been counted a moment before. */
export async function listVerifiedZones(
  db: Db,
  { limit, after = '', search, differing }: VerifiedQuery,
  names: readonly string[] | undefined,
  count: () => Promise<VerifiedCounts>,
): Promise<VerifiedZones> {
  const wanted = { limit, after, search, onlyDiffering: differing, names }
  const [{ leastRecent, ...counts }, page] = await Promise.all([count(), verifiedPage(db, wanted)])
  const next = page.length === limit ? page.at(-1)?.zone : undefined
  return {
    counts: { ...counts, ...(leastRecent && { leastRecent: leastRecent.toISOString() }) },
    zones: page.map(described),
    ...(next !== undefined && { next }),
  }
}

function described({ zone, seq, verified, againSeq, lookedAt, alarm, alarmAt }: ZoneVerified): VerifiedZone {
  return {
    zone,
    seq,
    verified,
    ...(againSeq !== null && { again: againSeq }),
    ...(lookedAt !== null && { lookedAt: lookedAt.toISOString() }),
    ...(alarm !== null && { differs: alarm }),
    ...(alarmAt !== null && { differsSince: alarmAt.toISOString() }),
  }
}
