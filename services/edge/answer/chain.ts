import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { CachedZone } from '../zones/cached-zone.ts'
import type { ZoneSource } from './zone-answers.ts'

/** The zones that a chain of aliases leads through, from the one that was asked. */
export class Chain {
  /** Whether it looked beyond that one zone: the answer then rests on more than its state. */
  isElsewhere = false
  /** There when it came to a zone that is being fetched; tells which have been waited for then. */
  pending: Promise<ReadonlySet<CatalogZone>> | undefined
  private readonly entry: CatalogZone
  private readonly zone: CachedZone
  private readonly awaited: ReadonlySet<CatalogZone>
  private readonly entryOf: (name: Name) => CatalogZone | undefined
  private readonly zones: ZoneSource

  constructor(
    entry: CatalogZone,
    zone: CachedZone,
    awaited: ReadonlySet<CatalogZone>,
    entryOf: (name: Name) => CatalogZone | undefined,
    zones: ZoneSource,
  ) {
    this.entry = entry
    this.zone = zone
    this.awaited = awaited
    this.entryOf = entryOf
    this.zones = zones
  }

  /** Undefined where the client has to go on by itself. */
  zoneOf(name: Name): CachedZone | undefined {
    const entry = this.entryOf(name)
    if (entry === this.entry) return this.zone
    if (entry === undefined) return undefined
    this.isElsewhere = true
    const zone = this.zones.get(entry)
    if (!(zone instanceof Promise)) return zone.usable ? zone : undefined
    // one that could not be had will not be had a moment later
    if (!this.awaited.has(entry)) this.pending ??= zone.then(() => new Set([...this.awaited, entry]))
    return undefined
  }
}
