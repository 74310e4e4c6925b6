/** What can give its memory back. */
export interface Evictable {
  readonly id: number
  /** False while somebody needs it to stay. */
  readonly mayGo: boolean
  /** Grows with each use. */
  readonly lastUsed: number
  evict(): void
}

/** A single zone is larger than all that the cache may use. */
export class ZoneTooLarge extends Error {
  constructor(octets: number, budget: number) {
    const [has, allowed] = [octets, budget].map((count) => Math.ceil(count / 2 ** 20))
    super(
      `needs more than ${has} MiB of the ${allowed} MiB that the cache may use: raise ZONELOG_EDGE_CACHE_MIB on this edge`,
    )
  }
}

/** Evicting a few more at a time spares looking through all zones for each. */
const EVICT_TO = 0.95

/** Keeps the zones of a cache within an amount of memory: those used least recently go. */
export class MemoryBudget {
  /** Zones that went. */
  evictions = 0
  readonly limit: number
  private readonly zones: () => Iterable<Evictable>
  private readonly sizes = new Map<number, number>()
  private total = 0
  /** What zones took right after some had to go the last time. */
  private leftOver = Number.POSITIVE_INFINITY

  constructor(limit: number, zones: () => Iterable<Evictable>) {
    this.limit = limit
    this.zones = zones
  }

  get octets(): number {
    return this.total
  }

  /** Whether another zone may make one go: as much is taken, about, as there is, or as was left when some last had to go. */
  get isFull(): boolean {
    return this.total > Math.min(this.limit, this.leftOver) * EVICT_TO
  }

  /**
   * A zone takes that much now; others make room for it. `loading` is what a copy takes beside it that will replace it, which
   * for that while may be more than there is; `reading` is what readers keep of it as it was. Throws {@link ZoneTooLarge} when it can
   * never fit; it must then go.
   */
  use(id: number, held: number, loading = 0, reading = 0): void {
    const octets = held + loading + reading
    const growth = octets - (this.sizes.get(id) ?? 0)
    this.total += growth
    if (octets === 0) this.sizes.delete(id)
    else this.sizes.set(id, octets)
    const largest = Math.max(held, loading)
    if (largest > this.limit) throw new ZoneTooLarge(largest, this.limit)
    if (growth > 0 && this.total > this.limit) this.evict(id)
  }

  private evict(exceptFor: number): void {
    const candidates = [...this.zones()].filter((zone) => zone.id !== exceptFor && zone.mayGo)
    for (const zone of candidates.sort((a, b) => a.lastUsed - b.lastUsed)) {
      if (this.total <= this.limit * EVICT_TO) return
      zone.evict()
      this.evictions++
      this.leftOver = this.total
    }
  }
}
