import { rcodeToText } from '../../../shared/dns/codes.ts'
import type { Db } from '../store/admin-zones.ts'
import { newestRefusals } from '../store/refusals.ts'

/** Messages that an edge refused before they were commands, alike ones counted together. */
export interface RefusalJson {
  readonly id: number
  readonly edge: string
  readonly firstAt: string
  readonly lastAt: string
  readonly reason: string
  /** What was answered; null for silence. */
  readonly outcome: string | null
  readonly source: string
  readonly claimedKey: string
  readonly zone: string
  readonly count: number
}

export interface RefusalPage {
  readonly refusals: readonly RefusalJson[]
  readonly next: number | undefined
}

/** A page of refusals with ids below `before`, newest first. */
export async function listRefusals(db: Db, limit: number, before?: number): Promise<RefusalPage> {
  const rows = await newestRefusals(db, limit, before)
  const refusals = rows.map(({ edgeId, rcode, firstAt, lastAt, ...row }) => ({
    ...row,
    edge: edgeId,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
    outcome: rcode === null ? null : rcodeToText(rcode),
  }))
  return { refusals, next: rows.length === limit ? rows.at(-1)?.id : undefined }
}
