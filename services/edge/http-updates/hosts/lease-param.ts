import type { UpdateLease } from '../../../../shared/update-lease.ts'
import { durationFromText } from '../../../../shared/zone-settings.ts'

export const NO_DURATION = 'lease= is no duration such as 3600 or 2h'

/**
 * `lease=3600`, or `lease=2h`: that what is set is to go unless it is set again in that time (docs/leases.md). Undefined where no lease is asked for.
 */
export function leaseIn(params: URLSearchParams): UpdateLease | 'wrong' | undefined {
  const text = params.get('lease')
  if (text === null) return undefined
  const lease = durationFromText(text.trim().toLowerCase())
  return lease === undefined ? 'wrong' : { lease }
}
