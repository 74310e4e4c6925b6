import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'

const PERIOD_MS = 250

interface Holder {
  readonly pid: number
  readonly program: string
  /** Seconds that its transaction has been open; null for who may not see it. */
  readonly seconds: number | null
}

/** Sees who keeps a session waiting, while it waits: afterwards Postgres does not tell. */
export class LockWatch {
  private readonly stopping = new AbortController()
  private readonly finished: Promise<void>
  private holders: readonly Holder[] = []

  constructor(db: Kysely<Database>, pid: number) {
    this.finished = this.run(db, pid)
  }

  /** Who did last, for people. */
  async end(): Promise<string> {
    this.stopping.abort()
    await this.finished
    const [first, ...others] = this.holders
    if (first === undefined) return 'another transaction'
    const { pid, program, seconds } = first
    const open = seconds === null ? '' : `, open for ${seconds} s`
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    return `the transaction of '${program}' (process ${pid} of Postgres${open}; select pg_terminate_backend(${pid}) ends it)${more}`
  }

  private async run(db: Kysely<Database>, pid: number): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      const holders = await holdersBefore(db, pid).catch(() => [])
      if (holders.length > 0) this.holders = holders
      await delay(PERIOD_MS, undefined, { signal }).catch(() => {})
    }
  }
}

/** Those whose transactions are the oldest first: others may only wait in the same line. */
async function holdersBefore(db: Kysely<Database>, pid: number): Promise<Holder[]> {
  const { rows } = await sql<Holder>`
    -- what Postgres does by itself, such as a vacuum, has no name
    select pid, coalesce(nullif(application_name, ''), backend_type) as program, extract(epoch from now() - xact_start)::int as seconds
    from pg_stat_activity where pid = any(pg_blocking_pids(${pid}))
    order by xact_start nulls last`.execute(db)
  return rows
}
