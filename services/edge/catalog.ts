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
    // the library resumes a watch by itself; what a restarted server forgot is read anew
    catalog.unlisten = onReconnect(
      nats,
      () =>
        void catalog
          .start(bucket)
          .catch((error) => log.warn({ error }, 'catalog not read after reconnecting')),
    )
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

  private async start(bucket: KV): Promise<void> {
    this.watch?.stop()
    const seen = new Set<string>()
    await new Promise<void>((resolve, reject) => {
      bucket
        .watch({ initializedFn: resolve })
        .then((watch) => {
          this.watch = watch
          void this.consume(watch, seen)
        })
        .catch(reject)
    })
    for (const key of [...this.entries.keys()]) if (!seen.has(key)) this.forget(key)
  }

  private async consume(watch: QueuedIterator<KvEntry>, seen: Set<string>): Promise<void> {
    for await (const entry of watch) {
      if (this.stopped) return
      seen.add(entry.key)
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
