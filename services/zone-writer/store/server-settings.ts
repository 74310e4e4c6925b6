import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

/** What of Postgres' settings decides whether a commit is there for good, as this connection's user has them. */
export interface DurabilitySettings {
  readonly fsync: string
  readonly fullPageWrites: string
  readonly synchronousCommit: string
  /** Empty where no standby is waited for. */
  readonly standbyNames: string
}

/** Of Postgres, as it says it. */
export async function readServerVersion(db: Kysely<Database>): Promise<string> {
  const { rows } = await sql<{
    version: string
  }>`select current_setting('server_version') as version`.execute(db)
  return rows[0]!.version
}

export async function readDurabilitySettings(db: Kysely<Database>): Promise<DurabilitySettings> {
  const { rows } = await sql<DurabilitySettings>`
    select current_setting('fsync') as "fsync", current_setting('full_page_writes') as "fullPageWrites",
           current_setting('synchronous_commit') as "synchronousCommit",
           current_setting('synchronous_standby_names') as "standbyNames"`.execute(db)
  return rows[0]!
}
