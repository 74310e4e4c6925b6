import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Deployment } from './deployment.ts'

const EVERY_MS = 50
/** Each holds a connection for as long as Postgres lets it wait. */
const MOST_OPEN = 20
const LIMIT_MS = 60_000

/**
 * Resolves when Postgres commits again for anybody who connects: a client that has nothing to do with writers connects anew again and again, past the
 * lines that faults cut, and writes something that the synchronous standby has to confirm. Resolves after a minute in any case.
 */
export async function postgresCommits({ postgres }: Deployment): Promise<void> {
  const end = performance.now() + LIMIT_MS
  const open = new Set<pg.Client>()
  let hasCommitted = false
  while (!hasCommitted && performance.now() < end) {
    if (open.size < MOST_OPEN)
      void commits(postgres.urlAt(postgres.port), open).then((committed) => {
        hasCommitted ||= committed
      })
    await delay(EVERY_MS)
  }
  for (const client of open) void client.end().catch(() => {})
}

/** One try. What it writes is in Postgres' log alone, where neither writers nor the checker look. */
async function commits(url: string, open: Set<pg.Client>): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'chaos commits',
    connectionTimeoutMillis: LIMIT_MS,
  })
  client.on('error', () => {})
  open.add(client)
  try {
    await client.connect()
    await client.query(`select pg_logical_emit_message(true, 'chaos', 'is there anybody')`)
    return true
  } catch {
    return false
  } finally {
    open.delete(client)
    void client.end().catch(() => {})
  }
}
