import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

/** A command that a process has tried and not settled. */
export interface Tried {
  /** The last such process. */
  readonly by: string
  /** How many such processes had it alone in hand. */
  readonly alone: number
  /** How many that process has tried and not settled, this one included. */
  readonly together: number
}

/** Which of these commands another process than `by` has tried and not settled. */
export async function triedBefore(
  db: Kysely<Database>,
  commandIds: readonly string[],
  by: string,
): Promise<ReadonlyMap<string, Tried>> {
  const rows = await db
    .selectFrom(
      db
        .selectFrom('command_try')
        .select(['command_id', 'by', 'alone'])
        .select(sql<number>`count(*) over (partition by "by")`.as('together'))
        .as('tried'),
    )
    .selectAll()
    .where('command_id', 'in', commandIds)
    .execute()
  const tried = rows.filter((row) => row.by !== by || row.alone > 1)
  return new Map(
    tried.map(({ command_id, alone, ...row }) => [
      command_id,
      { by: row.by, alone: row.by === by ? alone - 1 : alone, together: row.together },
    ]),
  )
}

/** Remembers, before it is tried, that `by` tries each of these commands; `alone` when it is one. */
export async function noteTries(
  db: Kysely<Database>,
  commandIds: readonly string[],
  by: string,
): Promise<void> {
  const alone = commandIds.length === 1 ? 1 : 0
  await sql`
    insert into command_try as known (command_id, by, alone)
    select id, ${by}::uuid, ${alone} from unnest(${commandIds}::uuid[]) as id
    on conflict (command_id) do update set by = excluded.by, at = now(),
      alone = known.alone + case when known.by = excluded.by then 0 else excluded.alone end`.execute(db)
}

/** Forgets commands that are settled, and what is older than any command waits. */
export async function forgetTries(db: Kysely<Database>, commandIds: readonly string[]): Promise<void> {
  await sql`
    delete from command_try where command_id = any(${commandIds}::uuid[]) or at < now() - interval '1 hour'`.execute(
    db,
  )
}

/**
 * Is told of commands that `by` has tried and could not settle, as their zone is held: should it end, it was by none of them. How many processes
 * ended that had each alone in hand stays known; that one had it among others does not.
 */
export async function takeBackTries(
  db: Kysely<Database>,
  commandIds: readonly string[],
  by: string,
): Promise<void> {
  const own = sql`command_id = any(${commandIds}::uuid[]) and "by" = ${by}::uuid`
  await sql`
    with known as (update command_try set alone = alone - 1, "by" = gen_random_uuid() where ${own} and alone > 1)
    delete from command_try where ${own} and alone <= 1`.execute(db)
}
