import type { RRset } from '../../../../shared/dns/record.ts'
import type { ChangeWatcher, ZoneStore } from './zone-store.ts'

/**
 * A zone's RRsets as they were when this was made, read name by name while the zone changes. What changes before it has been
 * read is copied; so it costs memory for changes only, and none for waiting.
 */
export class StoreSnapshot implements ChangeWatcher {
  private readonly store: ZoneStore
  private readonly limit: number
  private next = 0
  /** Names that changed, as they were; undefined for those that were not there. */
  private readonly kept = new Map<number, Uint8Array | undefined>()
  private readonly unwatch: () => void

  constructor(store: ZoneStore) {
    this.store = store
    this.limit = store.limit
    this.unwatch = store.watch(this)
  }

  before(id: number): void {
    if (id < this.next || id >= this.limit || this.kept.has(id)) return
    this.kept.set(id, this.store.copyOf(id))
  }

  *rrsets(): Generator<RRset> {
    while (this.next < this.limit) {
      const id = this.next++
      yield* this.setsOf(id)
    }
  }

  close(): void {
    this.unwatch()
    this.next = this.limit
    this.kept.clear()
  }

  private setsOf(id: number): RRset[] {
    if (!this.kept.has(id)) return this.store.rrsetsOf(id)
    const octets = this.kept.get(id)
    this.kept.delete(id)
    if (octets === undefined) return []
    return this.store.readBlock({ octets, text: Buffer.from(octets.buffer), at: 0 })
  }
}
