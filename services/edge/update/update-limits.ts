import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Identity } from '../../../shared/commands.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { addressOctets } from '../../../shared/rules/address-range.ts'
import { RESEND_WINDOW_MS } from '../../../shared/time-limits.ts'
import { type Rate, rateText } from '../../../shared/zone-settings.ts'
import { RateBuckets } from './rate-buckets.ts'

/** Why an update is turned away before it becomes a command. */
export interface TurnedAway {
  readonly reason: ReasonCode
  readonly detail: string
}

/** Fingerprints that are remembered as counted, in all. */
export const MOST_COUNTED = 100_000

/** How often the rate of one sender all tokens of a key may reach together. */
const TOKENS_RATE = 10
/** What part of the updates that a key may have under way each of its tokens may have. */
const TOKEN_SHARE = 10

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

  /** Requests that are remembered as counted. */
  get size(): number {
    return this.counted.size
  }

  /**
   * Counts an update of this sender, or says why it is one too many. Over HTTP a key may have tokens, one for each device: each is counted by
   * itself, so that one that loops keeps no other waiting, and all of them together by larger limits.
   */
  admit(zone: CatalogZone, sender: string, fingerprint: Uint8Array, token?: string): TurnedAway | undefined {
    for (const name of namesOf(sender, token)) {
      const underWay = this.inFlight.get(name) ?? 0
      if (underWay >= (name === sender ? this.mostInFlight : Math.ceil(this.mostInFlight / TOKEN_SHARE)))
        return {
          reason: 'too-many-in-flight',
          detail: `${name} has ${underWay} updates under way at this edge`,
        }
    }
    const rate = zone.updateRate
    if (rate === undefined || this.wasCounted(fingerprint)) return undefined
    const over = this.overRate(zone, sender, rate, token)
    if (over !== undefined) return over
    this.remember(fingerprint)
    return undefined
  }

  /** An update becomes a command; what is returned is to be called once it is settled. */
  enter(sender: string, token?: string): () => void {
    const names = namesOf(sender, token)
    for (const name of names) this.inFlight.set(name, (this.inFlight.get(name) ?? 0) + 1)
    return () => {
      for (const name of names) {
        const left = this.inFlight.get(name)! - 1
        if (left === 0) this.inFlight.delete(name)
        else this.inFlight.set(name, left)
      }
    }
  }

  private overRate(
    zone: CatalogZone,
    sender: string,
    rate: Rate,
    token: string | undefined,
  ): TurnedAway | undefined {
    const limits: [who: string, rate: Rate][] = [[nameOf(sender, token), rate]]
    if (token !== undefined)
      limits.push([`the tokens of ${sender}`, { ...rate, count: rate.count * TOKENS_RATE }])
    const over = limits.find(([who, most]) => !this.buckets.take(`${zone.id} ${who}`, most))
    if (over === undefined) return undefined
    const [who, most] = over
    return {
      reason: 'rate-limited',
      detail: `${who} may send ${rateText(most)} to ${zone.name} at this edge`,
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

/** By which an update is counted: first the token's, where there is one. */
function namesOf(sender: string, token: string | undefined): readonly string[] {
  return token === undefined ? [sender] : [nameOf(sender, token), sender]
}

function nameOf(sender: string, token: string | undefined): string {
  return token === undefined ? sender : `${sender} token ${token}`
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
