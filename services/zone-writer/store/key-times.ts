import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

/** A moment in the life of a key, in seconds since 1970. */
export interface KeyTime {
  readonly key: string
  readonly at: number
}

/** Live secrets of TSIG keys; a key without any is of no interest. */
const LIVE = sql`
  from tsig_key join tsig_secret on tsig_secret.key_name = tsig_key.name
  where tsig_secret.revoked_at is null and tsig_secret.sealed is not null
  group by tsig_key.name`

/** When the newest secret of each TSIG key was made, or a public key was registered, of the `most` keys whose is the oldest. */
export async function oldestKeys(db: Kysely<Database>, most: number): Promise<readonly KeyTime[]> {
  const { rows } = await sql<KeyTime>`
    select key, extract(epoch from made)::float8 as at from (
      select tsig_key.name as key, max(tsig_secret.created_at) as made ${LIVE}
      union all select name, created_at from sig0_key
    ) as keys
    order by at, key limit ${most}`.execute(db)
  return rows
}

/** When a key ends for good, of the `most` that end first; those that ended more than a week ago are left out. */
export async function endingKeys(db: Kysely<Database>, most: number): Promise<readonly KeyTime[]> {
  const { rows } = await sql<KeyTime>`
    select key, extract(epoch from ends)::float8 as at from (
      select tsig_key.name as key, max(coalesce(least(tsig_secret.expires_at, tsig_key.expires_at), 'infinity')) as ends
      ${LIVE}
    ) as lives
    where ends < 'infinity' and ends > now() - interval '7 days'
    order by at, key limit ${most}`.execute(db)
  return rows
}
