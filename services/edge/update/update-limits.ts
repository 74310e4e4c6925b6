import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Identity } from '../../../shared/commands.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { addressOctets } from '../../../shared/rules/address-range.ts'
import { RESEND_WINDOW_MS } from '../../../shared/time-limits.ts'
import { rateText } from '../../../shared/zone-settings.ts'
import { RateBuckets } from './rate-buckets.ts'

/** Why an update is turned away before it becomes a command. */
export interface TurnedAway {
  readonly reason: ReasonCode
  readonly detail: string
}

/** Fingerprints that are remembered as counted, in all. */
const MOST_COUNTED = 100_000

/** How many updates one identity may send to this edge, and have under way at it. Kept in memory, for this edge alone. */
export class UpdateLimits {
  private readonly mostInFlight: number
  private readonly now: () => number
  private readonly buckets: RateBuckets
  private readonly inFlight = new Map<string, number>()
  /** When requests were counted, oldest first: a re-send is not counted again, also when the first outcome stayed unknown. */
  private readonly counted = new Map<string, number>()

  /** `now` is a monotonic clock in ms. */
  constructor(mostInFlightPerIdentity: number, now: () => number = () => performance.now()) {
    this.mostInFlight = mostInFlightPerIdentity
    this.now = now
    this.buckets = new RateBuckets(now)
  }

  /** Counts an update of this sender, or says why it is one too many. */
  admit(zone: CatalogZone, sender: string, fingerprint: Uint8Array): TurnedAway | undefined {
    const underWay = this.inFlight.get(sender) ?? 0
    if (underWay >= this.mostInFlight)
      return {
        reason: 'too-many-in-flight',
        detail: `${sender} has ${underWay} updates under way at this edge`,
      }
    const rate = zone.updateRate
    if (rate === undefined || this.wasCounted(fingerprint)) return undefined
    if (!this.buckets.take(`${zone.id} ${sender}`, rate))
      return {
        reason: 'rate-limited',
        detail: `${sender} may send ${rateText(rate)} to ${zone.name} at this edge`,
      }
    this.remember(fingerprint)
    return undefined
  }

  /** From when an update becomes a command until it is settled. */
  async during<T>(sender: string, work: Promise<T>): Promise<T> {
    this.inFlight.set(sender, (this.inFlight.get(sender) ?? 0) + 1)
    try {
      return await work
    } finally {
      const left = this.inFlight.get(sender)! - 1
      if (left === 0) this.inFlight.delete(sender)
      else this.inFlight.set(sender, left)
    }
  }

  private wasCounted(fingerprint: Uint8Array): boolean {
    const at = this.counted.get(textOf(fingerprint))
    return at !== undefined && this.now() - at <= RESEND_WINDOW_MS
  }

  private remember(fingerprint: Uint8Array): void {
    this.counted.set(textOf(fingerprint), this.now())
    for (const [oldest, at] of this.counted) {
      if (this.counted.size <= MOST_COUNTED && this.now() - at <= RESEND_WINDOW_MS) return
      this.counted.delete(oldest)
    }
  }
}

function textOf(fingerprint: Uint8Array): string {
  return Buffer.from(fingerprint).toString('latin1')
}

const IPV6_NETWORK_OCTETS = 8

/** What is counted as one sender: a key; without one an address, of IPv6 the /64, as a host has all of its addresses. */
export function senderOf(identity: Identity, address: string): string {
  if (identity !== 'unsigned') return identity
  const octets = addressOctets(address.split('%')[0]!)
  if (octets?.length !== 16) return address
  return `${Buffer.from(octets.subarray(0, IPV6_NETWORK_OCTETS))
    .toString('hex')
    .replaceAll(/(.{4})(?=.)/g, '$1:')}::/64`
}
