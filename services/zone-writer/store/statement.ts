import { CompiledQuery, type Kysely } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'

/** A statement of the commit path: always the same text, so that Postgres parses and plans it once for each connection. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** Runs it by itself, in a transaction of Kysely's. */
export async function run<Row>(db: Kysely<Database>, { text, values }: Statement): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))
  return rows
}
