import { type Kysely, sql } from 'kysely'
import { ConfigError } from '../config.ts'
import { nearest } from '../nearest.ts'
import { MIGRATING, onDatabase } from './migrate.ts'
import { migratorOf, type OwnMigration, readSchemaStanding } from './migrations.ts'
import type { Database } from './schema.ts'
import { migrateStepByStep } from './step-by-step.ts'

/** As services/zone-writer/store/claims.ts: every writer holds it, shared. */
const WRITERS_LOCK = 0x5a4c_0001

/** What going to another version of the schema does. */
export interface SchemaMove {
  readonly direction: 'up' | 'down' | 'none'
  /** In the order of their running. */
  readonly migrations: readonly string[]
  /** What is in the database now and would be gone, each a sentence. */
  readonly losses: readonly string[]
}

/**
 * Goes up or down until `target` is the newest migration that has run. With `really` false everything is tried in a transaction that is
 * rolled back, so the losses are what was really lost in it; but for the way up where it only expands the schema: that loses nothing, and is
 * gone as by {@link migrateToLatest}. Throws a {@link ConfigError} where it must not be done.
 */
export async function migrateTo(
  databaseUrl: string,
  target: string,
  really: boolean,
  onWait?: (sentence: string) => void,
): Promise<SchemaMove> {
  return await onDatabase(databaseUrl, async (db, migrations) => {
    const plan = await planMove(db, migrations, target)
    if (plan.direction === 'none') return { ...plan, losses: [] }
    if (plan.direction === 'up' && !plan.migrations.some((name) => migrations[name]?.contracts)) {
      const upTo = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= target))
      if (really) await migrateStepByStep(db, upTo, { databaseUrl, pool: MIGRATING, onWait })
      return { ...plan, losses: [] }
    }
    let losses: string[] = []
    await db
      .transaction()
      .execute(async (trx) => {
        if (plan.direction === 'down') await refuseBesideWriters(trx)
        const before = await columns(trx)
        // counted first: afterwards the tables are gone
        const rows = await countRows(trx, before)
        const { error } = await migratorOf(trx, migrations).migrateTo(target)
        if (error !== undefined) throw error
        losses = lossesOf(before, await columns(trx), rows)
        if (!really) throw new OnlyTried()
      })
      .catch((error) => {
        if (!(error instanceof OnlyTried)) throw error
      })
    return { ...plan, losses }
  })
}

class OnlyTried extends Error {}

async function planMove(
  db: Kysely<Database>,
  migrations: Record<string, OwnMigration>,
  target: string,
): Promise<Omit<SchemaMove, 'losses'>> {
  const names = Object.keys(migrations).toSorted()
  const at = names.indexOf(target)
  if (at < 0) {
    const near = nearest(target, names)
    throw new ConfigError(
      `there is no migration '${target}'${near === undefined ? '' : `; did you mean ${near}?`} The newest is ${names.at(-1)}`,
    )
  }
  const { pending, unknown } = await readSchemaStanding(db, names)
  if (unknown.length > 0)
    throw new ConfigError(
      `a newer zonelog has migrated this database (${unknown.join(', ')}), and only that one knows how to take it back`,
    )
  const up = pending.filter((name) => name <= target)
  if (up.length > 0) return { direction: 'up', migrations: up }
  const down = names.slice(at + 1).filter((name) => !pending.includes(name))
  return { direction: down.length > 0 ? 'down' : 'none', migrations: down.toReversed() }
}

async function refuseBesideWriters(trx: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ free: boolean }>`
    select pg_try_advisory_xact_lock(${sql.lit(WRITERS_LOCK)}, 0) as free`.execute(trx)
  if (!rows[0]!.free)
    throw new ConfigError(
      'writers run on this database, and would work on a schema that they do not know: stop them first',
    )
}

type Columns = ReadonlyMap<string, readonly string[]>

async function columns(trx: Kysely<Database>): Promise<Columns> {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select t.table_name::text as name, array_agg(c.column_name::text order by c.ordinal_position) as columns
    from information_schema.tables t join information_schema.columns c using (table_schema, table_name)
    where t.table_schema = 'public' and t.table_type = 'BASE TABLE' and t.table_name not like 'kysely%'
    group by t.table_name`.execute(trx)
  return new Map(rows.map((row) => [row.name, row.columns]))
}

async function countRows(trx: Kysely<Database>, tables: Columns): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const name of tables.keys()) {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(trx)
    counts.set(name, rows[0]!.n)
  }
  return counts
}

function lossesOf(before: Columns, after: Columns, rows: ReadonlyMap<string, number>): string[] {
  return [...before].toSorted().flatMap(([table, names]) => {
    const kept = after.get(table)
    const count = `${rows.get(table)} rows`
    if (kept === undefined) return [`the table ${table} with its ${count}`]
    const gone = names.filter((name) => !kept.includes(name))
    return gone.length === 0 ? [] : [`of the table ${table} (${count}) the columns ${gone.join(', ')}`]
  })
}
