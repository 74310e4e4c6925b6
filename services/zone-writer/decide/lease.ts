import type { EdnsOption } from '../../../shared/dns/edns.ts'
import { leaseText, readLeaseOption, type UpdateLease } from '../../../shared/update-lease.ts'
import type { LeaseRange } from '../../../shared/zone-settings.ts'
import type { Decision } from './decision.ts'

/**
 * RFC 9664 §4.3: the lease that a zone grants an update that asks for one: the wanted duration, within the zone's range. Undefined where
 * none is asked for, and in a zone that grants none: then the option is one that this server does not know.
 */
export function grantLease(
  options: readonly EdnsOption[] | undefined,
  range: LeaseRange,
): UpdateLease | undefined {
  const wanted = options === undefined || range.longest === 0 ? undefined : readLeaseOption(options)
  if (wanted === undefined) return undefined
  const { lease, keyLease } = wanted
  return {
    lease: within(lease, range),
    ...(keyLease === undefined ? {} : { keyLease: within(keyLease, range) }),
  }
}

function within(seconds: number, { least, longest }: LeaseRange): number {
  return Math.min(Math.max(seconds, least), longest)
}

/** An accepted update says in its event which lease it was granted; a refused one gets none. */
export function withLease(decision: Decision, lease: UpdateLease | undefined): Decision {
  if (lease === undefined || decision.kind === 'rejected') return decision
  const { verdict } = decision
  return { ...decision, verdict: { ...verdict, detail: `${verdict.detail}; ${leaseText(lease)}` }, lease }
}
