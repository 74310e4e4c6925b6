import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import { peekEvent } from '../../../shared/events/peek-event.ts'
import type { Logger } from '../../../shared/log.ts'
import { HEADS_AT_ONCE } from '../../../shared/messaging/zone-service.ts'
import type { CachedZone } from './cached-zone.ts'
import type { Catalog } from './catalog-view.ts'
import { FollowedZone, type FollowingDeps } from './followed-zone.ts'
import { type CacheCounters, type CacheLimits, LIMITS, newCacheCounters } from './limits.ts'
import { MemoryBudget } from './memory-budget.ts'
import { SnapshotLanes } from './snapshot-lanes.ts'
import type { ZoneClient } from './zone-client.ts'

export interface ZoneCacheDeps {
  readonly client: ZoneClient
  readonly catalog: Catalog
  readonly log: Logger
  readonly limits?: Partial<CacheLimits>
  /** Ms of a clock that only goes forward. */
  readonly now?: () => number
  /** Told how long after it was decided an event was applied here, in ms. */
  readonly onApplied?: (ms: number) => void
  readonly onCaughtUp?: (zoneId: number) => void
}

export interface CacheStatus {
  /** Zones held in memory. */
  readonly held: number
  /** Of these, the ones that are known to lack events. */
  readonly behind: number
  /** Not served any more: unconfirmed for longer than their SOA's expire time. */
  readonly expired: number
  /** Not served, because larger than the memory budget. */
  readonly tooLarge: number
  /** Events that are known to be lacking, of all zones; and for how long the oldest has been, in seconds. */
  readonly lagEvents: number
  readonly lagSeconds: number
  /** How long ago the zone was confirmed that has waited for it longest: nothing served is older than that, in seconds. */
  readonly unconfirmedSeconds: number
  /** Of memory. */
  readonly octets: number
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
  readonly budget: MemoryBudget
  private uses = 0
  private toldFull = false
  private preloading: Promise<void> | undefined
  private degraded = false
  private sweeping: Promise<void> | undefined
  private closed = false

  constructor({ client, catalog, log, limits: given, now, onApplied, onCaughtUp }: ZoneCacheDeps) {
    const limits = { ...LIMITS, ...given }
    this.budget = new MemoryBudget(limits.budgetOctets, () => this.zones.values())
    this.client = client
    this.catalog = catalog
    this.log = log
    this.deps = {
      client,
      log,
      limits,
      counters: this.counters,
      lanes: new SnapshotLanes(limits.snapshotsAtOnce),
      budget: this.budget,
      now: now ?? (() => performance.now()),
      onApplied: onApplied ?? (() => {}),
      onCaughtUp: onCaughtUp ?? (() => {}),
    }
  }

  /** The catalog's zone whose name is the longest suffix of `name`. */
  lookup(name: Name): CatalogZone | undefined {
    return this.catalog.zoneFor(name)
  }

  /** The zone, at once when it is held; undefined when it cannot be had in time, or only older than what was promised. */
  get(zone: CatalogZone): CachedZone | Promise<CachedZone | undefined> {
    if (this.closed) return Promise.resolve(undefined)
    const followed = this.follow(zone.id)
    followed.lastUsed = ++this.uses
    return followed.servable ?? followed.fetched(zone.name)
  }

  /**
   * Fetches zones that nobody has asked for yet, a few at once, until the memory budget is used up. Resolves once each has been
   * tried; never rejects. While that goes on, asking for more of it changes nothing.
   */
  preload(zones: Iterable<CatalogZone>): Promise<void> {
    this.preloading ??= this.fetchAll(zones).finally(() => {
      this.preloading = undefined
    })
    return this.preloading
  }

  private async fetchAll(zones: Iterable<CatalogZone>): Promise<void> {
    const queue = zones[Symbol.iterator]()
    const goesOn = () => !this.closed && !this.isFull()
    const worker = async () => {
      for (let next = queue.next(); next.done !== true && goesOn(); next = queue.next()) {
        const followed = this.follow(next.value.id)
        if (!followed.isHeld && !followed.isTooLarge) await followed.prefetched(next.value.name)
      }
    }
    await Promise.all(Array.from({ length: PRELOADS_AT_ONCE }, worker))
  }

  /**
   * Promise P4, to be awaited before a NOERROR is sent: afterwards nothing older than event `seq` of that zone is served here; undefined
   * where that is so at once. Takes 300 ms at most, and never rejects.
   */
  reach(zoneId: number, seq: number): Promise<void> | undefined {
    return this.closed ? undefined : this.follow(zoneId).reach(seq)
  }

  /** An encoded event has come that will be offered in its turn: until then it counts as lacking. */
  arrived(payload: Uint8Array): void {
    try {
      const { zoneId, seq, isNotice } = peekEvent(payload)
      if (!isNotice) this.zones.get(zoneId)?.arrived(seq)
    } catch {
      // told of when it is offered
    }
  }

  /**
   * Takes an encoded event, in whatever order; those of zones that are not held cost next to nothing. Returns whose it is; undefined
   * where it cannot be read.
   */
  offer(payload: Uint8Array): number | undefined {
    try {
      const { zoneId, seq, isNotice } = peekEvent(payload)
      const zone = this.zones.get(zoneId)
      if (isNotice) zone?.announced(seq)
      else zone?.event(seq, payload)
      return zoneId
    } catch (error) {
      if (!(error instanceof UnreadablePayload)) throw error
      // whose it was cannot be known; the gap that it leaves will be
      this.counters.faults++
      this.log.warn({ error }, 'an event could not be read')
      return undefined
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

  /** The zone as it is served now; undefined where it is not. */
  held(zoneId: number): CachedZone | undefined {
    return this.zones.get(zoneId)?.servable
  }

  /** Whether the zone is held, but no writer has confirmed it for its SOA's expire time. */
  isExpired(zone: CatalogZone): boolean {
    return this.zones.get(zone.id)?.isExpired ?? false
  }

  /** False where it is in vain to wait for the zone: it has expired, or does not fit into memory, or the cache is closed. */
  mayCome(zone: CatalogZone): boolean {
    return !this.closed && !this.isExpired(zone) && !this.zones.get(zone.id)?.isTooLarge
  }

  /** Zones of which something is remembered, held or not. */
  get known(): number {
    return this.zones.size
  }

  /** Drops a zone that is not what it should be, and fetches it anew. */
  distrust(zoneId: number, why: string): void {
    this.zones.get(zoneId)?.distrust(why)
  }

  /** To be told when the connection to NATS is lost: what is held goes on being served. */
  setDegraded(degraded: boolean): void {
    this.degraded = degraded
  }

  status(): CacheStatus {
    const zones = [...this.zones.values()]
    const held = zones.filter((zone) => zone.isHeld)
    return {
      held: held.length,
      behind: held.filter((zone) => zone.isBehind).length,
      expired: held.filter((zone) => zone.isExpired).length,
      tooLarge: zones.filter((zone) => zone.isTooLarge).length,
      lagEvents: held.reduce((sum, { lag }) => sum + lag.lagEvents, 0),
      lagSeconds: seconds(held.map(({ lag }) => lag.lagMs)),
      unconfirmedSeconds: seconds(held.map(({ lag }) => lag.unconfirmedMs)),
      octets: this.budget.octets,
      degraded: this.degraded,
    }
  }

  close(): void {
    this.closed = true
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

  private isFull(): boolean {
    const { isFull } = this.budget
    if (isFull && !this.toldFull)
      this.log.warn(
        { octets: this.budget.octets },
        'not all zones fit into the cache: the others are fetched when they are asked for; see ZONELOG_EDGE_CACHE_MIB',
      )
    this.toldFull = isFull
    return isFull
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
    const now = this.deps.now()
    for (const [id, zone] of this.zones) {
      if (this.catalog.zoneById(id) !== undefined) {
        zone.goneSince = undefined
        if (zone.isIdle) this.zones.delete(id)
        continue
      }
      zone.drop()
      zone.goneSince ??= now
      // a promise outlives a catalog that is only late, also one that is about to be made; but ids are never used again
      const isPast = now - zone.goneSince > LATEST_CATALOG_MS
      if (!zone.isWanted && (isPast || !zone.isPromised)) this.zones.delete(id)
    }
  }
}

/** A zone that the catalog has not had for so long was deleted. */
const LATEST_CATALOG_MS = 5 * 60_000

/** Fewer than snapshots at once, so that zones that are asked for need not wait for the others. */
const PRELOADS_AT_ONCE = 3

function seconds(times: readonly number[]): number {
  return times.reduce((most, ms) => Math.max(most, ms), 0) / 1_000
}
