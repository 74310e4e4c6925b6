import { CompiledQuery, type Kysely } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

/** A statement of the commit path: always the same text, so that Postgres parses and plans it once for each connection. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
  /** The same, for {@link onlyAsKnown}. */
  readonly asKnown?: string
}

/** Part of a statement that does nothing unless {@link judgingKnown} (as-known.ts) said so in the same transaction. */
export const AS_KNOWN = `current_setting('zonelog.as_known') = 'yes'`

/** The statement, but it does nothing where zones are not as they were known to be. */
export function onlyAsKnown({ name, asKnown, values }: Statement): Statement {
  if (asKnown === undefined) throw new Error(`the statement ${name} cannot be made to depend`)
  return { name: `${name}-as-known`, text: asKnown, values }
}

/** Runs it by itself, in a transaction of Kysely's. */
export async function run<Row>(db: Kysely<Database>, { text, values }: Statement): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))
  return rows
}
