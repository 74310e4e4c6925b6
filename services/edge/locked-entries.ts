import type { KvEntry } from 'nats'
import { SecretError } from '../../shared/secrets/sealed.ts'

const RETRY_MS = 1_000

/** Catalog entries that no master key of this edge opens: tried again, since a key may be put into its place later. */
export class LockedEntries {
  private readonly entries = new Map<string, KvEntry>()
  private readonly take: (entry: KvEntry) => void
  private timer: NodeJS.Timeout | undefined

  /** `take` throws a SecretError for an entry that stays locked. */
  constructor(take: (entry: KvEntry) => void) {
    this.take = take
  }

  add(entry: KvEntry): void {
    this.entries.set(entry.key, entry)
    this.timer ??= setInterval(() => this.tryAll(), RETRY_MS).unref()
  }

  /** What came after it counts instead. */
  delete(entryKey: string): void {
    this.entries.delete(entryKey)
    if (this.entries.size === 0) this.close()
  }

  /** Forgets what a new reading of the catalog has not. */
  keepOnly(seen: ReadonlySet<string>): void {
    for (const key of [...this.entries.keys()]) if (!seen.has(key)) this.delete(key)
  }

  close(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  private tryAll(): void {
    for (const entry of [...this.entries.values()])
      try {
        this.take(entry)
      } catch (error) {
        if (!(error instanceof SecretError)) throw error
        this.add(entry)
      }
  }
}
