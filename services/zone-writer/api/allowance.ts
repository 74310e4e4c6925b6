/**
 * So many of something per second for each key, and those of ten seconds at once (a token bucket). Holds a bounded number of keys; one
 * that is forgotten begins anew.
 */
export class Allowance {
  private readonly perSecond: number
  private readonly most: number
  private readonly left = new Map<string, { tokens: number; at: number }>()

  /** 0 is no limit. */
  constructor(perSecond: number, atOnce = perSecond * 10) {
    this.perSecond = perSecond
    this.most = atOnce
  }

  /** Takes one if there is one; else says in how many seconds there will be. */
  take(key: string, now: number): number {
    const wait = this.wait(key, now)
    const bucket = this.left.get(key)
    if (wait === 0 && bucket !== undefined) bucket.tokens--
    return wait
  }

  /** In how many seconds one could be taken; 0 for now. */
  wait(key: string, now: number): number {
    if (this.perSecond === 0) return 0
    const bucket = this.filled(key, now)
    return bucket.tokens >= 1 ? 0 : Math.ceil((1 - bucket.tokens) / this.perSecond)
  }

  private filled(key: string, now: number): { tokens: number; at: number } {
    const known = this.left.get(key) ?? { tokens: this.most, at: now }
    const gained = (Math.max(0, now - known.at) / 1_000) * this.perSecond
    const bucket = { tokens: Math.min(this.most, known.tokens + gained), at: now }
    // those asked about last stay
    this.left.delete(key)
    if (this.left.size >= MOST_KEYS) this.left.delete(this.left.keys().next().value!)
    this.left.set(key, bucket)
    return bucket
  }
}

const MOST_KEYS = 10_000
