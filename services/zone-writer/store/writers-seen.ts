import { sql } from 'kysely'
import type { Db } from './admin-zones.ts'

/** A writer as it made itself known in the database. */
export interface SeenWriter {
  readonly id: string
  readonly version: string
  readonly listens: string
  readonly startedAt: Date
  readonly seenAt: Date
  /** How long that is ago, in seconds, by the clock of the database. */
  readonly silentSeconds: number
}

/** What a writer makes itself known with. */
export interface HelloOfWriter extends Pick<SeenWriter, 'id' | 'version' | 'listens' | 'startedAt'> {
  readonly host: string
}

/** Says that a writer runs now. */
export async function sayHello(db: Db, { id, startedAt, ...writer }: HelloOfWriter): Promise<void> {
  const row = { ...writer, started_at: startedAt, seen_at: sql<Date>`now()` }
  await db
    .insertInto('writer_seen')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
}

/** Takes a writer away that ended in order. */
export async function sayGoodbye(db: Db, id: string): Promise<void> {
  await db.deleteFrom('writer_seen').where('id', '=', id).execute()
}

/** Takes those away in whose place a writer was started: an id may hold the number of a process. */
export async function takePlace(
  db: Db,
  { id, host, listens }: Pick<HelloOfWriter, 'id' | 'host' | 'listens'>,
): Promise<void> {
  await db
    .deleteFrom('writer_seen')
    .where('host', '=', host)
    .where('listens', '=', listens)
    .where('id', '!=', id)
    .execute()
}

/** In the order of their ids. */
export async function writersSeen(db: Db): Promise<SeenWriter[]> {
  return await db
    .selectFrom('writer_seen')
    .select(['id', 'version', 'listens', 'started_at as startedAt', 'seen_at as seenAt'])
    .select(sql<number>`greatest(extract(epoch from now() - seen_at), 0)::float8`.as('silentSeconds'))
    .orderBy('id')
    .execute()
}

/** Forgets writers that were not seen for so long. */
export async function forgetWriters(db: Db, seconds: number): Promise<void> {
  await db
    .deleteFrom('writer_seen')
    .where(sql<boolean>`seen_at < now() - ${seconds} * interval '1 second'`)
    .execute()
}
