import { Class, typeToText } from '../../../shared/dns/codes.ts'
import type { GivenName } from '../../../shared/dns/name.ts'
import { equalOctets } from '../../../shared/dns/octets.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { Serial } from '../../../shared/dns/serial.ts'
import type { ZoneView } from '../../../shared/zone-contents.ts'
import type { ZoneDiff } from '../../../shared/zone-diff.ts'
import type { SerialPolicy } from '../../../shared/zone-settings.ts'
import { applyUpdates } from './apply.ts'
import { moved } from './decide.ts'
import { type ValueKey, valueDigest } from './zone-leases.ts'

/** What the ends of leases change; undefined where none of the values may go, or is there. */
export interface Expiry {
  readonly diff: ZoneDiff
  readonly serial: Serial
  /** One sentence for people. */
  readonly detail: string
}

/**
 * RFC 9664 §7: takes values away as an update would that deletes each of them (RFC 2136 §2.5.4), so that the apex keeps its last NS.
 * `now` in ms since the epoch.
 */
export function decideExpiry(
  zone: ZoneView,
  due: readonly ValueKey[],
  policy: SerialPolicy,
  now: number,
): Expiry | undefined {
  const change = applyUpdates(
    zone,
    due.flatMap((key) => deletionOf(zone, key)),
  ).netChange()
  if (change.removed.length === 0) return undefined
  return { ...moved(zone, change, policy, now), detail: sentence(change.removed) }
}

function deletionOf(zone: ZoneView, { owner, type, value }: ValueKey): ResourceRecord[] {
  const stored = zone.at(owner)?.get(type)?.rdata ?? []
  const rdata = stored.find((one) => equalOctets(valueDigest(type, one), value))
  return rdata === undefined ? [] : [{ name: owner as GivenName, type, class: Class.NONE, ttl: 0, rdata }]
}

const MOST_SHOWN = 5

function sentence(removed: readonly ResourceRecord[]): string {
  const sets = [...new Set(removed.map(({ name, type }) => `${name} ${typeToText(type)}`))]
  const more = sets.length - MOST_SHOWN
  const shown = sets.slice(0, MOST_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '')
  return `${removed.length} record(s) removed, not refreshed within their lease: ${shown}`
}
