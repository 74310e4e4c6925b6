interface Failures {
  count: number
  /** Monotonic ms; when the last one was, where it has not to wait. */
  lockedUntil: number
  lastProof: string
}

/** Wrong passwords of one user from one network before it has to wait, and how long at first and at most, in ms. */
const USER = { free: 5, firstMs: 30_000, mostMs: 15 * 60_000 }
/** The same of one network, for whatever users: only different guesses count, as a device that was set up wrongly repeats itself. */
const NETWORK = { free: 20, firstMs: 30_000, mostMs: 60 * 60_000 }
/** So long after a wait has ended all is forgotten: much longer than the longest wait, or whoever sits that out begins anew. */
const FORGOTTEN_MS = 24 * 60 * 60_000
const MOST = 50_000
const LONGEST_USER = 255

/**
 * Delays whoever guesses passwords, twice as long after each further guess. A user is locked only for the network that the guesses came
 * from, so nobody can lock him out elsewhere. Kept in memory, for this edge alone; in a flood the oldest is forgotten.
 */
export class LockOut {
  private readonly entries = new Map<string, Failures>()
  private readonly now: () => number

  /** `now` is a monotonic clock in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  /** How long this sender still has to wait before a password of his is looked at, in ms. */
  waitMs(network: string, user: string): number {
    const now = this.now()
    const ends = [userKey(network, user), network].map((key) => this.entries.get(key)?.lockedUntil ?? 0)
    return Math.max(0, ...ends.map((end) => end - now))
  }

  /** `proof` tells one wrong password from another, and need not be the password. */
  failed(network: string, user: string, proof: string): void {
    const isRepeated = this.count(userKey(network, user), proof, USER)
    if (!isRepeated) this.count(network, '', NETWORK)
  }

  succeeded(network: string, user: string): void {
    this.entries.delete(userKey(network, user))
  }

  private count(key: string, proof: string, limits: typeof USER): boolean {
    const now = this.now()
    const found = this.entries.get(key)
    const known = found !== undefined && now - found.lockedUntil < FORGOTTEN_MS ? found : undefined
    const count = (known?.count ?? 0) + 1
    const over = count - limits.free
    const delay = over < 0 ? 0 : Math.min(limits.firstMs * 2 ** Math.min(over, 20), limits.mostMs)
    this.entries.delete(key)
    this.entries.set(key, { count, lockedUntil: now + delay, lastProof: proof })
    if (this.entries.size > MOST) this.entries.delete(this.entries.keys().next().value!)
    return known !== undefined && known.lastProof === proof
  }
}

function userKey(network: string, user: string): string {
  return `${network} ${user.toLowerCase().slice(0, LONGEST_USER)}`
}
