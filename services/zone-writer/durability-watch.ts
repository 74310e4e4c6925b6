import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { ConfigError } from '../../shared/config.ts'
import type { Database } from '../../shared/database/schema.ts'
import type { Logger } from '../../shared/log.ts'
import { isRefused, type UnsafeSetting, unsafeSettings } from './durability.ts'
import { readDurabilitySettings } from './store/server-settings.ts'

/** Settings are changed under a running writer, and another server takes over, seldom. */
const LOOK_MS = 60_000

/** Knows with which settings of Postgres P1 is false, from the start of a writer on, and says loudly when there is a new one. */
export class DurabilityWatch {
  private readonly db: Kysely<Database>
  private readonly log: Logger
  private readonly stopping = new AbortController()
  private unsafe: readonly UnsafeSetting[] = []

  private constructor(db: Kysely<Database>, log: Logger) {
    this.db = db
    this.log = log
  }

  /** Looks through `db`, whose sessions must be set up as those that commit updates are. Throws for what must not be. */
  static async start(db: Kysely<Database>, log: Logger, everyMs = LOOK_MS): Promise<DurabilityWatch> {
    const watch = new DurabilityWatch(db, log)
    await watch.look()
    const refused = watch.unsafe.find(isRefused)
    if (refused !== undefined) throw new ConfigError(refused.why)
    void watch.run(everyMs)
    return watch
  }

  /** As Postgres said it last. */
  get found(): readonly UnsafeSetting[] {
    return this.unsafe
  }

  /** Whether a commit that returned survives a crash of Postgres: without that, no update may be answered NOERROR. */
  get mayPromise(): boolean {
    return !this.unsafe.some(isRefused)
  }

  stop(): void {
    this.stopping.abort()
  }

  private async run(everyMs: number): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      // without Postgres nothing is promised either
      await this.look().catch((error) => this.log.debug({ error }, 'settings of Postgres not looked at'))
    }
  }

  private async look(): Promise<void> {
    const known = this.unsafe
    this.unsafe = unsafeSettings(await readDurabilitySettings(this.db))
    for (const { setting, why } of notIn(known, this.unsafe)) this.log.error({ setting }, `ALARM: ${why}`)
    for (const { setting } of notIn(this.unsafe, known))
      this.log.info({ setting }, 'Postgres no longer has the setting that endangered acknowledged updates')
  }
}

function notIn(known: readonly UnsafeSetting[], found: readonly UnsafeSetting[]): UnsafeSetting[] {
  return found.filter(({ why }) => !known.some((one) => one.why === why))
}
