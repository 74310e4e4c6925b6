import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { type KeyUsageReport, MANY_SOURCES } from '../../../shared/key-usage-report.ts'

/** Addresses kept for each secret; those that were not seen for longest are summed up. */
export const MOST_SOURCES_KEPT = 500

/** What one address did with one secret. */
export interface StoredUse {
  readonly secretId: number
  readonly source: string
  readonly firstAt: Date
  readonly lastAt: Date
  readonly count: number
}

/** Adds a report to what is known; one that was stored before changes nothing. Secrets that are gone are left out. */
export async function storeKeyUsage(db: Kysely<Database>, report: KeyUsageReport): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await isNew(trx, report.reportId))) return
    await addUses(trx, report)
    await sumUp(trx, [...new Set(report.rows.map((row) => row.secret))])
  })
}

/** Forgets which reports were stored before then. */
export async function forgetUsageReports(db: Kysely<Database>, before: Date): Promise<void> {
  await db.deleteFrom('key_usage_report').where('stored_at', '<', before).execute()
}

/** All that is known of a key's use, newest first. */
export async function usesOfKey(db: Kysely<Database>, name: Name): Promise<StoredUse[]> {
  const rows = await db
    .selectFrom('key_usage')
    .innerJoin('tsig_secret', 'tsig_secret.id', 'key_usage.secret_id')
    .selectAll('key_usage')
    .where('tsig_secret.key_name', '=', name)
    .orderBy('last_at', 'desc')
    .orderBy('source_address')
    .execute()
  return rows.map((row) => ({
    secretId: row.secret_id,
    source: row.source_address,
    firstAt: row.first_at,
    lastAt: row.last_at,
    count: row.count,
  }))
}

/** When each secret was last used; one that never was is left out. */
export async function lastUses(db: Kysely<Database>): Promise<Map<number, Date>> {
  const rows = await db
    .selectFrom('key_usage')
    .select((select) => ['secret_id', select.fn.max('last_at').as('lastAt')])
    .groupBy('secret_id')
    .execute()
  return new Map(rows.map(({ secret_id, lastAt }) => [secret_id, lastAt]))
}

async function isNew(trx: Transaction<Database>, reportId: string): Promise<boolean> {
  const row = await trx
    .insertInto('key_usage_report')
    .values({ report_id: reportId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('report_id')
    .executeTakeFirst()
  return row !== undefined
}

async function addUses(trx: Transaction<Database>, { rows }: KeyUsageReport): Promise<void> {
  const ids = await heldSecrets(
    trx,
    rows.map((row) => row.secret),
  )
  const values = rows
    .filter((row) => ids.has(row.secret))
    .map((row) => ({
      secret_id: row.secret,
      source_address: row.source,
      first_at: new Date(row.firstAt),
      last_at: new Date(row.lastAt),
      count: row.count,
    }))
  if (values.length === 0) return
  await trx
    .insertInto('key_usage')
    .values(values)
    .onConflict((conflict) =>
      conflict.columns(['secret_id', 'source_address']).doUpdateSet({
        first_at: sql`least(key_usage.first_at, excluded.first_at)`,
        last_at: sql`greatest(key_usage.last_at, excluded.last_at)`,
        count: sql`key_usage.count + excluded.count`,
      }),
    )
    .execute()
}

/** Those that are there, and stay until the transaction ends; always in the same order, so that two writers do not wait for each other. */
async function heldSecrets(trx: Transaction<Database>, ids: readonly number[]): Promise<Set<number>> {
  const rows = await trx
    .selectFrom('tsig_secret')
    .select('id')
    .where('id', '=', sql<number>`any(${ids}::bigint[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return new Set(rows.map((row) => row.id))
}

async function sumUp(trx: Transaction<Database>, secretIds: readonly number[]): Promise<void> {
  await sql`
    with ranked as (
      select secret_id, source_address,
        row_number() over (partition by secret_id order by last_at desc) as place
      from key_usage
      where secret_id = any(${secretIds}::bigint[]) and source_address <> ${MANY_SOURCES}
    ), gone as (
      delete from key_usage using ranked
      where key_usage.secret_id = ranked.secret_id
        and key_usage.source_address = ranked.source_address
        and place > ${MOST_SOURCES_KEPT}
      returning key_usage.*
    )
    insert into key_usage (secret_id, source_address, first_at, last_at, count)
    select secret_id, ${MANY_SOURCES}, min(first_at), max(last_at), sum(count) from gone group by secret_id
    on conflict (secret_id, source_address) do update set
      first_at = least(key_usage.first_at, excluded.first_at),
      last_at = greatest(key_usage.last_at, excluded.last_at),
      count = key_usage.count + excluded.count`.execute(trx)
}
