import type { Rate } from '../../../shared/zone-settings.ts'

/** Beyond, the one that was used longest ago is forgotten, which fills it. */
export const MOST_BUCKETS = 100_000

/** Token buckets: each holds `count`, and as many flow in evenly over `seconds`. */
export class RateBuckets {
  private readonly buckets = new Map<string, { tokens: number; at: number }>()
  private readonly now: () => number

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number) {
    this.now = now
  }

  /** How many are remembered. */
  get size(): number {
    return this.buckets.size
  }

  /** Takes one, if there is one. */
  take(name: string, { count, seconds }: Rate): boolean {
    const now = this.now()
    const known = this.buckets.get(name)
    const flowed = known === undefined ? count : known.tokens + ((now - known.at) * count) / (seconds * 1_000)
    const tokens = Math.min(count, flowed)
    const isEnough = tokens >= 1
    this.buckets.delete(name)
    this.buckets.set(name, { tokens: isEnough ? tokens - 1 : tokens, at: now })
    if (this.buckets.size > MOST_BUCKETS) this.buckets.delete(this.buckets.keys().next().value!)
    return isEnough
  }
}
