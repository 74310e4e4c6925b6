import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import {
  CATALOG_VERSION,
  keyEntryKey,
  sig0EntryKey,
  updateTokenEntryKey,
  zoneEntryKey,
} from '../../../shared/catalog.ts'
import { checkPartitions, decodeCatalogMeta, META_ENTRY_KEY } from '../../../shared/catalog-meta.ts'
import { ConfigError } from '../../../shared/config.ts'
import type { Name } from '../../../shared/dns/name.ts'
import type { Logger } from '../../../shared/log.ts'
import type { CatalogUpdates } from '../admin/context.ts'
import { type Db, hasZones } from '../store/admin-zones.ts'
import { type BucketEntry, CatalogBucket, NO_ENTRY } from './bucket.ts'
import {
  NOT_OURS,
  type Wanted,
  wantedEntries,
  wantedKeyEntry,
  wantedSig0KeyEntry,
  wantedUpdateTokenEntry,
  wantedZoneEntry,
} from './wanted-entries.ts'

export interface CatalogOptions {
  readonly db: Db
  readonly nats: NatsConnection
  readonly partitions: number
  readonly log: Logger
  readonly intervalMs?: number
}

type Settled = 'same' | 'put' | 'deleted' | 'moved'

const ATTEMPTS = 5
const CLOSE_LIMIT_MS = 1_000

/**
 * Keeps the bucket that edges watch equal to Postgres. Any number of writers may run one. The bucket is always read before Postgres and
 * changed only from the revision that was read, so that a writer that is behind cannot overwrite what is newer: it finds the entry
 * moved, and reads both again.
 */
export class CatalogPublisher implements CatalogUpdates {
  private readonly options: CatalogOptions
  private bucket: Promise<CatalogBucket> | undefined
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(options: CatalogOptions) {
    this.options = options
  }

  /** Throws when other writers run that count partitions otherwise; alone, a writer may change the number. */
  async agreeOnPartitions(others: number): Promise<void> {
    const bucket = await this.open()
    const { text } = await bucket.read(META_ENTRY_KEY)
    if (text !== undefined && others > 0)
      checkPartitions(this.options.partitions, decodeCatalogMeta(text).partitions)
  }

  /** Throws where an empty database would take every zone away from the edges: it was lost, or is another one. */
  async refuseEmptyDatabase(): Promise<void> {
    if (await hasZones(this.options.db)) return
    const entries = await (await this.open()).readAll()
    const zones = [...entries].filter(([key, { text }]) => key.startsWith('zone.') && text !== undefined)
    if (zones.length > 0)
      throw new ConfigError(
        `the database has no zones, but the edges of this NATS have ${zones.length}: \`zonelog rebuild --from-stream\` fills it (docs/operations.md); to begin anew, remove the data of NATS too`,
      )
  }

  /** Reconciles now and then every interval. What fails is logged and tried again at the next one. */
  async start(): Promise<void> {
    const { log, intervalMs = 30_000 } = this.options
    const round = async () => {
      try {
        const { put, deleted } = await this.reconcile()
        if (put + deleted > 0) log.info({ put, deleted }, 'catalog brought up to date')
      } catch (error) {
        log.warn({ error }, 'catalog could not be compared, next try later')
      }
    }
    await round()
    this.timer = setInterval(() => {
      this.running = this.running.then(round)
    }, intervalMs)
    this.timer.unref()
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    // a round that NATS keeps waiting is not worth a late stop: the next start runs another
    await Promise.race([this.running, delay(CLOSE_LIMIT_MS, undefined, { ref: false })])
  }

  async zoneChanged(zoneId: number): Promise<void> {
    await this.settleOne(zoneEntryKey(zoneId), () => wantedZoneEntry(this.options.db, zoneId))
  }

  async keyChanged(name: Name): Promise<void> {
    const { db } = this.options
    await this.settleOne(keyEntryKey(name), () => wantedKeyEntry(db, name, Date.now()))
    await this.settleOne(sig0EntryKey(name), () => wantedSig0KeyEntry(db, name))
  }

  async updateTokenChanged(id: number): Promise<void> {
    await this.settleOne(updateTokenEntryKey(id), () => wantedUpdateTokenEntry(this.options.db, id))
  }

  async everythingChanged(): Promise<void> {
    await this.reconcile()
  }

  /** Puts what differs and deletes what is gone. */
  async reconcile(): Promise<{ put: number; deleted: number }> {
    const bucket = await this.open()
    const counts = { same: 0, put: 0, deleted: 0, moved: 0 }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      counts.moved = 0
      const present = await bucket.readAll()
      const wanted = await wantedEntries(this.options.db, this.options.partitions, Date.now())
      for (const key of new Set([...present.keys(), ...wanted.keys()]))
        counts[await settle(bucket, key, present.get(key) ?? NO_ENTRY, wanted.get(key))]++
      if (counts.moved === 0) break
    }
    return { put: counts.put, deleted: counts.deleted }
  }

  private async settleOne(key: string, wanted: () => Promise<Wanted>): Promise<void> {
    const bucket = await this.open()
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const present = await bucket.read(key)
      if ((await settle(bucket, key, present, await wanted())) !== 'moved') return
    }
    throw new Error(`catalog entry ${key} keeps moving`)
  }

  private open(): Promise<CatalogBucket> {
    this.bucket ??= CatalogBucket.open(this.options.nats).catch((error) => {
      this.bucket = undefined
      throw error
    })
    return this.bucket
  }
}

async function settle(
  bucket: CatalogBucket,
  key: string,
  present: BucketEntry,
  wanted: Wanted,
): Promise<Settled> {
  if (wanted === NOT_OURS || present.text === wanted || !isOurs(key, present.text)) return 'same'
  if (wanted !== undefined) return (await bucket.put(key, wanted, present)) ? 'put' : 'moved'
  return (await bucket.delete(key, present)) ? 'deleted' : 'moved'
}

/** While versions run side by side, an older writer leaves alone what a newer one wrote. */
function isOurs(key: string, text: string | undefined): boolean {
  if (key !== META_ENTRY_KEY && !/^(zone|key|sig0|token)\./.test(key)) return false
  if (text === undefined) return true
  const { version } = JSON.parse(text) as { version?: number }
  return typeof version === 'number' && version <= CATALOG_VERSION
}
