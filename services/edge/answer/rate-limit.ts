import { randomInt } from 'node:crypto'
import type { RateLimitConfig } from '../../../shared/config/answers.ts'
import { isWithin, writeAddress } from './client-address.ts'

export type RateVerdict = 'pass' | 'slip' | 'drop'

/** Buckets in all: somewhat more than 1 MiB, whatever is asked by however many. */
const BUCKETS = 1 << 16
/** Buckets that an account may stand in; the one that was idle longest makes room. */
const WAYS = 4

// Calls do not nest, so one scratch serves all.
const address = new Uint8Array(16)

/** What all answers to a network count as together; no kind has it but by the chance that two hashes are the same. */
const ALL = 0

/**
 * Response rate limiting as in BIND: an account for each network and kind of answer, which gains `perSecond` answers a second, up to
 * one second's worth, and can be overdrawn by what it would gain in the window; and one for all that goes to the network. Accounts
 * that happen to have the same hash of 32 bits share one.
 */
export class RateLimiter {
  private readonly settings: RateLimitConfig
  private readonly owner = new Int32Array(BUCKETS)
  private readonly balance = new Float32Array(BUCKETS)
  /** ms, of the last answer. Not in 32 bits, which go round after some weeks. */
  private readonly last = new Float64Array(BUCKETS)
  private readonly limited = new Uint8Array(BUCKETS)
  private readonly seed = randomInt(0x1_0000_0000) | 0

  constructor(settings: RateLimitConfig) {
    this.settings = settings
  }

  /** Takes one answer from the accounts; `kind` as {@link kindOf} gives it, `now` in ms. */
  judge(client: string, kind: number, now: number): RateVerdict {
    const { perSecond, allPerSecond, exempt } = this.settings
    if (isWithin(client, exempt)) return 'pass'
    const network = this.networkOf(client)
    const verdict = perSecond === 0 ? 'pass' : this.judgeKind(mix(network, kind), now)
    if (allPerSecond === 0) return verdict
    const all = this.take(mix(network, ALL), allPerSecond, now)
    // as in BIND, what is too much in all never slips: its questions have nothing in common that a real client would ask again
    return this.balance[all]! >= 0 ? verdict : 'drop'
  }

  private judgeKind(account: number, now: number): RateVerdict {
    const { perSecond, slip } = this.settings
    const bucket = this.take(account, perSecond, now)
    if (this.balance[bucket]! >= 0) return 'pass'
    if (slip === 0) return 'drop'
    const count = this.limited[bucket]! + 1
    this.limited[bucket] = count % slip
    return count >= slip ? 'slip' : 'drop'
  }

  /** Takes one answer from an account; the bucket that it stands in. */
  private take(account: number, perSecond: number, now: number): number {
    const bucket = this.bucketOf(account, perSecond, now)
    const gained = (Math.max(0, now - this.last[bucket]!) / 1_000) * perSecond
    const balance = Math.min(perSecond, this.balance[bucket]! + gained) - 1
    this.last[bucket] = now
    this.balance[bucket] = Math.max(balance, -this.settings.windowSeconds * perSecond)
    return bucket
  }

  /** A number for a kind of answer: a name and type asked for, or what else counts together. */
  kindOf(label: number, octets: Uint8Array, from: number, to: number): number {
    let hash = mix(this.seed, label)
    for (let at = from; at < to; at++) {
      const octet = octets[at]!
      hash = Math.imul(hash ^ (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet), 0x0100_0193)
    }
    return hash
  }

  private networkOf(client: string): number {
    const isIPv4 = writeAddress(client, address) === 4
    const bits = isIPv4 ? this.settings.ipv4Prefix : this.settings.ipv6Prefix
    let hash = this.seed ^ (isIPv4 ? 4 : 6)
    for (let at = 0; at << 3 < bits; at++) {
      const left = bits - (at << 3)
      hash = mix(hash, left >= 8 ? address[at]! : address[at]! & (0xff00 >>> left))
    }
    return hash
  }

  private bucketOf(hash: number, perSecond: number, now: number): number {
    const first = ((hash >>> 0) % BUCKETS) & -WAYS
    // which of the others it is, is in the remaining bits too; 0 stands for nobody
    const owner = hash || 1
    let idlest = first
    for (let bucket = first; bucket < first + WAYS; bucket++) {
      if (this.owner[bucket] === owner) return bucket
      if (this.last[bucket]! < this.last[idlest]!) idlest = bucket
    }
    this.owner[idlest] = owner
    this.balance[idlest] = perSecond
    this.last[idlest] = now
    this.limited[idlest] = 0
    return idlest
  }
}

/** The finalizer of MurmurHash3 over both. */
function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ b, 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return hash ^ (hash >>> 16)
}
