import { setTimeout as delay } from 'node:timers/promises'
import type { KV, KvEntry, NatsConnection, QueuedIterator } from 'nats'
import {
  type CatalogKey,
  type CatalogZone,
  decodeCatalogKey,
  decodeCatalogZone,
} from '../../shared/catalog.ts'
import { checkMasterKey, decodeCatalogMeta, META_ENTRY_KEY } from '../../shared/catalog-meta.ts'
import { type Name, parentOf } from '../../shared/dns/name.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import type { Logger } from '../../shared/log.ts'
import { onReconnect } from '../../shared/messaging/connect.ts'
import { CATALOG_BUCKET } from '../../shared/messaging/subjects.ts'
import { type MasterKey, open, tsigSecretPurpose } from '../../shared/secrets/sealed.ts'

const RETRY_MS = 500

/** Zones and keys as the writers publish them; followed as they change, kept in memory only. */
export class EdgeCatalog {
  private readonly zonesById = new Map<number, CatalogZone>()
  private readonly zonesByName = new Map<Name, CatalogZone>()
  private readonly keys = new Map<Name, TsigKey>()
  /** What each bucket entry stands for, so that its deletion can be undone. */
  private readonly entries = new Map<string, () => void>()
  private readonly log: Logger
  private readonly masterKey: MasterKey
  private readonly masterKeyFile: string
  private wrongMasterKey: Error | undefined
  private watch: QueuedIterator<KvEntry> | undefined
  private stopped = false
  private onZoneGone: (zoneId: number) => void = () => {}
  private unlisten: () => void = () => {}

  private constructor(masterKey: MasterKey, masterKeyFile: string, log: Logger) {
    this.masterKey = masterKey
    this.masterKeyFile = masterKeyFile
    this.log = log
  }

  /** Resolves when everything that the bucket holds now is known. Throws a SecretError when the master key is not the writers'. */
  static async follow(
    nats: NatsConnection,
    masterKey: MasterKey,
    masterKeyFile: string,
    log: Logger,
  ): Promise<EdgeCatalog> {
    const catalog = new EdgeCatalog(masterKey, masterKeyFile, log)
    // bind only: an edge makes no buckets
    const bucket = await nats.jetstream().views.kv(CATALOG_BUCKET, { bindOnly: true })
    await catalog.start(bucket)
    if (catalog.wrongMasterKey !== undefined) {
      catalog.close()
      throw catalog.wrongMasterKey
    }
    catalog.unlisten = onReconnect(nats, () => catalog.startAgain(bucket))
    return catalog
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

  key(name: Name): TsigKey | undefined {
    return this.keys.get(name)
  }

  whenZoneGone(listener: (zoneId: number) => void): void {
    this.onZoneGone = listener
  }

  close(): void {
    this.stopped = true
    this.unlisten()
    this.watch?.stop()
  }

  /** Reads the bucket anew and follows it from there; what it does not hold any more is forgotten. */
  private async start(bucket: KV): Promise<void> {
    const progress = { entries: 0, seen: new Set<string>() }
    const { promise: initialized, resolve } = Promise.withResolvers<void>()
    const watch = await bucket.watch({ initializedFn: resolve })
    this.watch?.stop()
    this.watch = watch
    void this.consume(watch, progress)
    await initialized
    // the library may say so before the last entries have come out of its queue
    while (progress.entries < watch.getReceived() && !this.stopped) await new Promise(setImmediate)
    if (this.watch !== watch) return
    for (const key of [...this.entries.keys()]) if (!progress.seen.has(key)) this.forget(key)
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

  private async consume(
    watch: QueuedIterator<KvEntry>,
    progress: { entries: number; seen: Set<string> },
  ): Promise<void> {
    for await (const entry of watch) {
      if (this.stopped) return
      progress.entries += 1
      progress.seen.add(entry.key)
      try {
        this.take(entry)
      } catch (error) {
        // it must not guess: a zone or key that it cannot read is one that it does not have
        this.forget(entry.key)
        if (this.wrongMasterKey === undefined)
          this.log.error({ error, entry: entry.key }, 'catalog entry not usable')
      }
    }
  }

  private take(entry: KvEntry): void {
    if (entry.operation !== 'PUT') this.forget(entry.key)
    else if (entry.key === META_ENTRY_KEY) this.checkMasterKey(entry.string())
    else if (entry.key.startsWith('zone.')) this.takeZone(entry.key, decodeCatalogZone(entry.string()))
    else if (entry.key.startsWith('key.')) this.takeKey(entry.key, decodeCatalogKey(entry.string()))
  }

  private checkMasterKey(entry: string): void {
    try {
      checkMasterKey(this.masterKey, decodeCatalogMeta(entry).masterKeyCheck, this.masterKeyFile)
    } catch (error) {
      this.wrongMasterKey ??= error as Error
      throw error
    }
  }

  private takeZone(entryKey: string, zone: CatalogZone): void {
    this.zonesById.set(zone.id, zone)
    this.zonesByName.set(zone.name, zone)
    this.entries.set(entryKey, () => {
      this.zonesById.delete(zone.id)
      if (this.zonesByName.get(zone.name)?.id === zone.id) this.zonesByName.delete(zone.name)
      this.onZoneGone(zone.id)
    })
  }

  private takeKey(entryKey: string, { name, algorithm, sealedSecret }: CatalogKey): void {
    this.keys.set(name, {
      name,
      algorithm,
      secret: open(this.masterKey, tsigSecretPurpose(name), sealedSecret),
    })
    this.entries.set(entryKey, () => this.keys.delete(name))
  }

  private forget(entryKey: string): void {
    this.entries.get(entryKey)?.()
    this.entries.delete(entryKey)
  }
}
