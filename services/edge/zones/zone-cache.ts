import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import type { Logger } from '../../../shared/log.ts'
import { HEADS_AT_ONCE } from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from './cached-zone.ts'
import type { Catalog } from './catalog-view.ts'
import { peekEvent } from './event-header.ts'
import { FollowedZone, type FollowingDeps } from './followed-zone.ts'
import { Gate } from './gate.ts'
import { type CacheCounters, type CacheLimits, LIMITS, newCacheCounters } from './limits.ts'
import type { ZoneClient } from './zone-client.ts'

export interface ZoneCacheDeps {
  readonly client: ZoneClient
  readonly catalog: Catalog
  readonly log: Logger
  readonly limits?: Partial<CacheLimits>
}

export interface CacheStatus {
  /** Zones held in memory. */
  readonly held: number
  /** Of these, the ones that are known to lack events. */
  readonly behind: number
  /** The writers could not be asked where the zones stand: what is served may be old. */
  readonly degraded: boolean
}

/** The zones that this edge was asked for, each followed from a snapshot by its events. Everything in it can be fetched again (P8). */
export class ZoneCache {
  readonly counters: CacheCounters = newCacheCounters()
  private readonly catalog: Catalog
  private readonly client: ZoneClient
  private readonly log: Logger
  private readonly deps: FollowingDeps
  private readonly zones = new Map<number, FollowedZone>()
  private degraded = false
  private sweeping: Promise<void> | undefined

  constructor({ client, catalog, log, limits: given }: ZoneCacheDeps) {
    const limits = { ...LIMITS, ...given }
    this.client = client
    this.catalog = catalog
    this.log = log
    this.deps = { client, log, limits, counters: this.counters, snapshots: new Gate(limits.snapshotsAtOnce) }
  }

  /** The catalog's zone whose name is the longest suffix of `name`. */
  lookup(name: Name): CatalogZone | undefined {
    return this.catalog.zoneFor(name)
  }

  /** The zone, at once when it is held; undefined when it cannot be had in time, or only older than what was promised. */
  get(zone: CatalogZone): CachedZone | Promise<CachedZone | undefined> {
    const followed = this.follow(zone.id)
    return followed.servable ?? followed.fetched(zone.name)
  }

  /**
   * Promise P4, to be awaited before a NOERROR is sent: afterwards nothing older than event `seq` of that zone is served here.
   * Takes 300 ms at most, and never rejects.
   */
  reach(zoneId: number, seq: number): Promise<void> {
    return this.follow(zoneId).reach(seq)
  }

  /** Takes an encoded event, in whatever order; those of zones that are not held cost next to nothing. */
  offer(payload: Uint8Array): void {
    try {
      const { zoneId, seq, isNotice } = peekEvent(payload)
      const zone = this.zones.get(zoneId)
      if (isNotice) zone?.announced(seq)
      else zone?.event(seq, payload)
    } catch (error) {
      if (!(error instanceof UnreadablePayload)) throw error
      // whose it was cannot be known; the gap that it leaves will be
      this.counters.faults++
      this.log.warn({ error }, 'an event could not be read')
    }
  }

  /** Asks the writers where the held zones stand, and fetches what they lack. Drops zones that left the catalog. Never rejects. */
  sweep(): Promise<void> {
    this.sweeping ??= this.compareHeads().finally(() => {
      this.sweeping = undefined
    })
    return this.sweeping
  }

  /** Drops a zone that left the catalog, at once instead of with the next {@link sweep}. */
  forget(zoneId: number): void {
    this.zones.get(zoneId)?.drop()
  }

  /** To be told when the connection to NATS is lost: what is held goes on being served. */
  setDegraded(degraded: boolean): void {
    this.degraded = degraded
  }

  status(): CacheStatus {
    const zones = [...this.zones.values()]
    const held = zones.filter((zone) => zone.isHeld).length
    const behind = zones.filter((zone) => zone.isBehind).length
    return { held, behind, degraded: this.degraded }
  }

  close(): void {
    for (const zone of this.zones.values()) zone.close()
    this.zones.clear()
  }

  private follow(id: number): FollowedZone {
    const known = this.zones.get(id)
    if (known !== undefined) return known
    const followed = new FollowedZone(id, this.deps)
    this.zones.set(id, followed)
    return followed
  }

  private async compareHeads(): Promise<void> {
    this.dropRemoved()
    const held = [...this.zones].filter(([, zone]) => zone.isHeld).map(([id]) => id)
    try {
      for (let from = 0; from < held.length || from === 0; from += HEADS_AT_ONCE) {
        const ids = held.slice(from, from + HEADS_AT_ONCE)
        const heads = await this.client.heads(ids)
        for (const id of ids) this.zones.get(id)?.confirm(heads.get(id))
      }
      // writers answer again: nothing needs to wait any longer
      if (this.degraded) for (const zone of this.zones.values()) zone.retryNow()
      this.setDegraded(false)
    } catch (error) {
      this.counters.failedSweeps++
      if (!this.degraded)
        this.log.warn(
          { error },
          'the writers do not say where zones stand; zones are served as they are held',
        )
      this.setDegraded(true)
    }
  }

  private dropRemoved(): void {
    for (const [id, zone] of this.zones) {
      if (this.catalog.zoneById(id) !== undefined) continue
      zone.drop()
      // a promise outlives a catalog that is only late
      if (!zone.isPromised) this.zones.delete(id)
    }
  }
}
