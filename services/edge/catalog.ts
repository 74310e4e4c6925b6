import { setTimeout as delay } from 'node:timers/promises'
import type { KV, KvEntry, NatsConnection, QueuedIterator } from 'nats'
import {
  type CatalogKey,
  type CatalogUpdateToken,
  type CatalogZone,
  decodeCatalogKey,
  decodeCatalogSig0Key,
  decodeCatalogUpdateToken,
  decodeCatalogZone,
} from '../../shared/catalog.ts'
import { checkPartitions, decodeCatalogMeta, META_ENTRY_KEY } from '../../shared/catalog-meta.ts'
import type { Config } from '../../shared/config.ts'
import { type Name, parentOf } from '../../shared/dns/name.ts'
import type { Sig0Key } from '../../shared/dns/sig0.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import type { Logger } from '../../shared/log.ts'
import { onReconnect } from '../../shared/messaging/connect.ts'
import { CATALOG_BUCKET } from '../../shared/messaging/subjects.ts'
import type { MasterKeys } from '../../shared/secrets/master-keys.ts'
import { SecretError, tsigSecretPurpose } from '../../shared/secrets/sealed.ts'
import { LiveKeys } from './live-keys.ts'
import { LockedEntries } from './locked-entries.ts'

const RETRY_MS = 500
/** For so long JetStream may say nothing to what it is asked. */
const ANSWER_MS = 2_000

/** What an edge is configured with and the writers must agree to. */
type Expected = Pick<Config, 'partitions'>

/** One reading of the bucket, from its beginning on. */
interface Reading {
  entries: number
  readonly seen: Set<string>
  /** Until everything has come that it held when the reading began. */
  isInitial: boolean
}

/** Zones and keys as the writers publish them; followed as they change, kept in memory only. */
export class EdgeCatalog {
  private readonly zonesById = new Map<number, CatalogZone>()
  private readonly zonesByName = new Map<Name, CatalogZone>()
  private readonly keys = new LiveKeys()
  private readonly sig0Keys = new Map<Name, Sig0Key>()
  private readonly updateTokens = new Map<string, CatalogUpdateToken>()
  private readonly awaited = new Map<string, (token: CatalogUpdateToken) => void>()
  /** What each bucket entry stands for, so that its deletion can be undone. */
  private readonly entries = new Map<string, () => void>()
  private readonly log: Logger
  private readonly masterKeys: MasterKeys
  private readonly expected: Expected
  private readonly locked = new LockedEntries((entry) => this.take(entry))
  private mismatch: Error | undefined
  private changes = 0
  /** Resolves when all that the writers know has been read. */
  private readonly whole: Promise<void>
  private readonly becomeWhole: () => void
  private watch: QueuedIterator<KvEntry> | undefined
  private stopped = false
  /** Once it is started; what is wrong after that is told, and waits to be put right. */
  private isFollowing = false
  private onZoneGone: (zoneId: number) => void = () => {}
  private onZoneSet: (zone: CatalogZone) => void = () => {}
  private unlisten: () => void = () => {}

  private constructor(masterKeys: MasterKeys, expected: Expected, log: Logger) {
    this.masterKeys = masterKeys
    this.expected = expected
    this.log = log
    const { promise, resolve } = Promise.withResolvers<void>()
    this.whole = promise
    this.becomeWhole = resolve
  }

  /** Resolves when everything that the bucket holds now is known. Throws when the master key or the number of partitions is not
   * the writers'. */
  static async follow(
    nats: NatsConnection,
    masterKeys: MasterKeys,
    expected: Expected,
    log: Logger,
  ): Promise<EdgeCatalog> {
    const catalog = new EdgeCatalog(masterKeys, expected, log)
    // bind only: an edge makes no buckets
    const bucket = await nats.jetstream({ timeout: ANSWER_MS }).views.kv(CATALOG_BUCKET, { bindOnly: true })
    await catalog.start(bucket)
    await catalog.whole
    if (catalog.mismatch !== undefined) {
      catalog.close()
      throw catalog.mismatch
    }
    catalog.isFollowing = true
    catalog.unlisten = onReconnect(nats, () => catalog.startAgain(bucket))
    return catalog
  }

  /** Another number after each change of a zone's entry. */
  get generation(): number {
    return this.changes
  }

  get zoneCount(): number {
    return this.zonesById.size
  }

  zones(): Iterable<CatalogZone> {
    return this.zonesById.values()
  }

  zoneById(id: number): CatalogZone | undefined {
    return this.zonesById.get(id)
  }

  /** The zone of exactly this name. */
  zoneNamed(name: Name): CatalogZone | undefined {
    return this.zonesByName.get(name)
  }

  /** The zone that this name lies in: the one with the longest name. */
  zoneFor(name: Name): CatalogZone | undefined {
    for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) {
      const zone = this.zonesByName.get(at)
      if (zone !== undefined) return zone
    }
    return undefined
  }

  /** The keys of exactly this name that live now: more than one while it is rotated. */
  keysFor(name: Name): readonly TsigKey[] {
    return this.keys.at(name, Date.now())
  }

  keyNames(): Iterable<Name> {
    return this.keys.names()
  }

  /** The public key of exactly this name. */
  sig0KeyFor(name: Name): Sig0Key | undefined {
    return this.sig0Keys.get(name)
  }

  /** The token for HTTP updates with this hash (see shared/update-token.ts). */
  updateTokenFor(hash: string): CatalogUpdateToken | undefined {
    return this.updateTokens.get(hash)
  }

  /** The same, once it is here; undefined when it has not come for so many ms. */
  async updateTokenArrival(hash: string, ms: number): Promise<CatalogUpdateToken | undefined> {
    if (this.updateTokens.has(hash)) return this.updateTokens.get(hash)
    const { promise, resolve } = Promise.withResolvers<CatalogUpdateToken | undefined>()
    const timer = setTimeout(resolve, ms, undefined)
    this.awaited.set(hash, resolve)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.awaited.delete(hash)
    }
  }

  /** Is called for each zone that is new or changed from now on, and for all of them when the bucket is read anew. */
  whenZoneSet(listener: (zone: CatalogZone) => void): void {
    this.onZoneSet = listener
  }

  whenZoneGone(listener: (zoneId: number) => void): void {
    this.onZoneGone = listener
  }

  close(): void {
    this.stopped = true
    this.unlisten()
    this.locked.close()
    this.watch?.stop()
  }

  /**
   * Reads the bucket anew and follows it from there. What it does not hold any more is forgotten, once it holds the meta entry:
   * writers put that last, so a bucket without it is one that they are still filling.
   */
  private async start(bucket: KV): Promise<void> {
    const reading: Reading = { entries: 0, seen: new Set(), isInitial: true }
    const { promise: initialized, resolve } = Promise.withResolvers<void>()
    const watch = await bucket.watch({ initializedFn: resolve })
    this.watch?.stop()
    this.watch = watch
    void this.consume(watch, reading)
    await initialized
    // the library may say so before the last entries have come out of its queue
    while (reading.entries < watch.getReceived() && !this.stopped) await new Promise(setImmediate)
    reading.isInitial = false
    if (this.watch === watch) this.settle(reading)
  }

  private settle({ seen }: Reading): void {
    if (!seen.has(META_ENTRY_KEY)) return
    for (const key of [...this.entries.keys()]) if (!seen.has(key)) this.forget(key)
    this.locked.keepOnly(seen)
    this.becomeWhole()
  }

  /** The library resumes a watch by itself, but not what a server forgot that came back without its storage. */
  private async startAgain(bucket: KV): Promise<void> {
    while (!this.stopped) {
      try {
        return await this.start(bucket)
      } catch (error) {
        this.log.warn({ error }, 'catalog not read after reconnecting; trying again')
        await delay(RETRY_MS)
      }
    }
  }

  private async consume(watch: QueuedIterator<KvEntry>, reading: Reading): Promise<void> {
    for await (const entry of watch) {
      if (this.stopped) return
      reading.entries += 1
      reading.seen.add(entry.key)
      try {
        this.take(entry)
        if (entry.key === META_ENTRY_KEY && !reading.isInitial) this.settle(reading)
      } catch (error) {
        // it must not guess: a zone or key that it cannot read is one that it does not have
        this.forget(entry.key)
        if (error instanceof SecretError && entry.key !== META_ENTRY_KEY) this.locked.add(entry)
        if (this.mismatch === undefined)
          this.log.error({ error, entry: entry.key }, 'catalog entry not usable')
      }
    }
  }

  private take(entry: KvEntry): void {
    this.locked.delete(entry.key)
    if (entry.operation !== 'PUT') this.forget(entry.key)
    else if (entry.key === META_ENTRY_KEY) this.checkMeta(entry.string())
    else if (entry.key.startsWith('zone.')) this.takeZone(entry.key, decodeCatalogZone(entry.string()))
    else if (entry.key.startsWith('sig0.')) this.takeSig0Key(entry.key, decodeCatalogSig0Key(entry.string()))
    else if (entry.key.startsWith('token.'))
      this.takeToken(entry.key, decodeCatalogUpdateToken(entry.string()))
    else if (entry.key.startsWith('key.')) this.takeKey(entry.key, decodeCatalogKey(entry.string()))
  }

  private checkMeta(entry: string): void {
    try {
      const { masterKeyCheck, partitions } = decodeCatalogMeta(entry)
      this.masterKeys.thatSealed(masterKeyCheck)
      checkPartitions(this.expected.partitions, partitions)
    } catch (error) {
      if (!this.isFollowing) this.mismatch ??= error as Error
      this.becomeWhole()
      throw error
    }
  }

  private takeZone(entryKey: string, zone: CatalogZone): void {
    this.changes++
    this.zonesById.set(zone.id, zone)
    this.zonesByName.set(zone.name, zone)
    this.entries.set(entryKey, () => {
      this.changes++
      this.zonesById.delete(zone.id)
      if (this.zonesByName.get(zone.name)?.id === zone.id) this.zonesByName.delete(zone.name)
      this.onZoneGone(zone.id)
    })
    this.onZoneSet(zone)
  }

  private takeKey(entryKey: string, key: CatalogKey): void {
    this.keys.put(key, (sealed) => this.masterKeys.open(tsigSecretPurpose(key.name), sealed))
    this.entries.set(entryKey, () => this.keys.delete(key.name))
  }

  private takeSig0Key(entryKey: string, key: Sig0Key): void {
    this.sig0Keys.set(key.name, key)
    this.entries.set(entryKey, () => this.sig0Keys.delete(key.name))
  }

  private takeToken(entryKey: string, token: CatalogUpdateToken): void {
    this.updateTokens.set(token.hash, token)
    this.awaited.get(token.hash)?.(token)
    this.entries.set(entryKey, () => this.updateTokens.delete(token.hash))
  }

  private forget(entryKey: string): void {
    this.entries.get(entryKey)?.()
    this.entries.delete(entryKey)
  }
}
