import type { Kysely } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { Name } from '../../../shared/dns/name.ts'

/** What somebody did to a key; kept when the key is gone. */
export interface KeyChange {
  readonly at: Date
  /** `api:NAME` of the token. */
  readonly by: string
  /** Stable word, such as `created`, `rotated`, `revoked`. */
  readonly change: string
  readonly detail: string
}

export async function insertKeyChange(
  db: Kysely<Database>,
  name: Name,
  { at, by, change, detail }: KeyChange,
): Promise<void> {
  await db.insertInto('key_change').values({ key_name: name, at, by, change, detail }).execute()
}

/** The newest changes of a key, newest first. */
export async function newestKeyChanges(
  db: Kysely<Database>,
  name: Name,
  limit: number,
): Promise<KeyChange[]> {
  return await db
    .selectFrom('key_change')
    .select(['at', 'by', 'change', 'detail'])
    .where('key_name', '=', name)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}
