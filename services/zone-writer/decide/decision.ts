import type { Rcode } from '../../../shared/dns/codes.ts'
import type { Serial } from '../../../shared/dns/serial.ts'
import type { Verdict } from '../../../shared/events/zone-event.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import type { UpdateLease } from '../../../shared/update-lease.ts'
import type { ZoneDiff } from '../../../shared/zone-diff.ts'

/** Why a message was not applied. `section` is the section of RFC 2136 that says so, or the step of ours. */
export type Refusal = Verdict & { readonly rcode: Rcode }

export type Decision =
  | { readonly kind: 'rejected'; readonly verdict: Refusal }
  | ({ readonly kind: 'unchanged' } & Accepted)
  | ({ readonly kind: 'changed'; readonly diff: ZoneDiff; readonly serial: Serial } & Accepted)

interface Accepted {
  readonly verdict: Verdict
  /** Granted to the values that the message puts in; undefined where it asked for none, or the zone grants none. */
  readonly lease?: UpdateLease
}

export function refusal(
  rcode: Rcode,
  section: string,
  reason: ReasonCode,
  detail: string,
  rule = '',
): Refusal {
  return { rcode, section, reason, detail, rule }
}
