import { HEADER_OCTETS } from '../../../shared/dns/header.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { Answer } from './answer-question.ts'
import type { RateLimiter } from './rate-limit.ts'

const NOTHING = new Uint8Array(0)
const RECORDS = 1
const REFERRAL = 2
const OF_ZONE = { records: 3, nodata: 4, nxdomain: 5 } as const
const ERROR = 6

/** The account of errors: they count together, whatever was asked. */
export function kindOfErrors(limiter: RateLimiter | undefined): number {
  return limiter?.kindOf(ERROR, NOTHING, 0, 0) ?? 0
}

/** A transfer over UDP counts by its question, as records do. */
export function kindOfTransfer(limiter: RateLimiter, question: Uint8Array): number {
  return limiter.kindOf(RECORDS, question, 0, question.length)
}

/**
 * What counts together for rate limiting: answers by name and type, referrals by cut, and by zone what one can ask for under
 * endless names: denials, and what wildcards and DNAMEs give.
 */
export function kindOfAnswer(
  limiter: RateLimiter | undefined,
  { outcome, synthesized, cut }: Answer,
  zone: CachedZone,
  bytes: Uint8Array,
  questionEnd: number,
): number {
  if (limiter === undefined) return 0
  if (outcome === 'referral') {
    const name = Buffer.from(cut ?? zone.apex, 'latin1')
    return limiter.kindOf(REFERRAL, name, 0, name.length)
  }
  if (outcome === 'records' && !synthesized) return limiter.kindOf(RECORDS, bytes, HEADER_OCTETS, questionEnd)
  const apex = Buffer.from(zone.apex, 'latin1')
  return limiter.kindOf(OF_ZONE[outcome], apex, 0, apex.length)
}
