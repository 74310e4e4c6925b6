import { type KV, type NatsConnection, NatsError } from 'nats'
import { CATALOG_BUCKET } from '../../../shared/messaging/subjects.ts'

/** What the bucket holds under a key: the text, or a trace of what was deleted. */
export interface BucketEntry {
  readonly revision: number
  readonly text: string | undefined
}

export const NO_ENTRY: BucketEntry = { revision: 0, text: undefined }

const READ_TIMEOUT_MS = 10_000
const WRONG_LAST_SEQUENCE = 10071

/** The catalog's bucket, changed only from a revision that was seen. */
export class CatalogBucket {
  private readonly kv: KV

  private constructor(kv: KV) {
    this.kv = kv
  }

  static async open(nats: NatsConnection): Promise<CatalogBucket> {
    return new CatalogBucket(await nats.jetstream().views.kv(CATALOG_BUCKET, { bindOnly: true }))
  }

  async read(key: string): Promise<BucketEntry> {
    const entry = await this.kv.get(key)
    return entry === null ? NO_ENTRY : { revision: entry.revision, text: textOf(entry) }
  }

  async readAll(): Promise<Map<string, BucketEntry>> {
    const entries = new Map<string, BucketEntry>()
    let complete = false
    let watch: { stop(): void } | undefined
    const initializedFn = () => {
      complete = true
      watch?.stop()
    }
    const found = await this.kv.watch({ initializedFn })
    watch = found
    // an empty bucket was complete before there was anything to stop
    if (complete) found.stop()
    const timeout = setTimeout(() => found.stop(), READ_TIMEOUT_MS)
    try {
      for await (const entry of found)
        entries.set(entry.key, { revision: entry.revision, text: textOf(entry) })
    } finally {
      clearTimeout(timeout)
    }
    if (!complete) throw new Error(`the catalog could not be read from NATS within ${READ_TIMEOUT_MS} ms`)
    return entries
  }

  /** False when the entry is no longer at the revision that was seen. */
  async put(key: string, text: string, seen: BucketEntry): Promise<boolean> {
    return await unlessMoved(() => this.kv.put(key, text, { previousSeq: seen.revision }))
  }

  /** False when the entry is no longer at the revision that was seen. */
  async delete(key: string, seen: BucketEntry): Promise<boolean> {
    return await unlessMoved(() => this.kv.delete(key, { previousSeq: seen.revision }))
  }
}

function textOf(entry: { operation: string; string(): string }): string | undefined {
  return entry.operation === 'PUT' ? entry.string() : undefined
}

async function unlessMoved(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE) return false
    throw error
  }
}
