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
  private keptOctets = 0

  constructor(store: ZoneStore) {
    this.store = store
    this.limit = store.limit
    this.unwatch = store.watch(this)
  }

  before(id: number): void {
    if (id < this.next || id >= this.limit || this.kept.has(id)) return
    const copy = this.store.copyOf(id)
    this.kept.set(id, copy)
    this.keptOctets += octetsOf(copy)
  }

  get octets(): number {
    return this.keptOctets
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
    this.keptOctets = 0
  }

  private setsOf(id: number): RRset[] {
    if (!this.kept.has(id)) return this.store.rrsetsOf(id)
    const octets = this.kept.get(id)
    this.kept.delete(id)
    this.keptOctets -= octetsOf(octets)
    if (octets === undefined) return []
    return this.store.readBlock({ octets, text: Buffer.from(octets.buffer), at: 0 })
  }
}

/** What an entry takes beside its octets, about. */
const ENTRY_OCTETS = 150

function octetsOf(copy: Uint8Array | undefined): number {
  return ENTRY_OCTETS + (copy?.length ?? 0)
}
