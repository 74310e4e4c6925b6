import type { Health, Problem } from '../../shared/health.ts'
import { isRefused, type UnsafeSetting } from './durability.ts'

/** What `/healthz` shows; more fields may stand beside these. */
export interface WriterHealth extends Health {
  readonly postgres: {
    readonly breaker: string
    /** Whether it answered when it was asked last. */
    readonly answers: boolean
  }
  readonly nats: { readonly connected: boolean }
  /** Partitions that this writer owns. */
  readonly partitions: readonly number[]
}

/** What a writer knows of itself. */
export interface WriterFacts extends Pick<WriterHealth, 'postgres' | 'nats' | 'partitions'> {
  /** Whether the connection to NATS has ended for good. */
  readonly isClosed: boolean
  /** Settings of Postgres with which acknowledged updates may be lost. */
  readonly unsafe: readonly UnsafeSetting[]
}

/** Ready is a writer that decides updates: it has NATS and Postgres. The API reads from Postgres, whether NATS is there or not. */
export function writerHealth({ isClosed, unsafe, ...facts }: WriterFacts): WriterHealth {
  const { postgres, nats } = facts
  const ready = nats.connected && postgres.breaker !== 'open' && postgres.answers && !unsafe.some(isRefused)
  return {
    status: ready ? 'ok' : 'degraded',
    live: !isClosed,
    ready,
    accepting: ready,
    problems: [...writerProblems({ isClosed, ...facts }), ...durability(unsafe)],
    ...facts,
  }
}

function writerProblems({ isClosed, postgres, nats }: Omit<WriterFacts, 'unsafe'>): Problem[] {
  if (isClosed) return [{ what: 'the connection to NATS has ended for good', todo: 'restart this writer' }]
  const found: Problem[] = []
  if (!nats.connected)
    found.push({
      what: 'no connection to NATS: no update is decided, and edges learn of no change',
      todo: 'see whether NATS runs, and whether this writer reaches it: ZONELOG_NATS_URL',
    })
  if (postgres.breaker === 'open' || !postgres.answers)
    found.push({
      what: 'Postgres does not answer: no update is decided, and the API can do nothing; updates wait in NATS',
      todo: 'see whether Postgres runs, and whether this writer reaches it: ZONELOG_DATABASE_URL',
    })
  return found
}

function durability(unsafe: readonly UnsafeSetting[]): Problem[] {
  if (unsafe.length === 0) return []
  const refused = unsafe.find(isRefused)
  if (refused !== undefined)
    return [{ what: `no update is decided: ${refused.why}`, todo: 'mend that setting of Postgres' }]
  return [
    {
      what: `${unsafe.length} settings of Postgres let acknowledged updates be lost when it crashes`,
      todo: 'mend the settings that the log of this writer names with ALARM',
    },
  ]
}
