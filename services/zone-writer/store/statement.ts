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

/** So many rows are written out in a statement; of more, each column is an array. */
const FEW_ROWS = 3

/** Rows of parameters, for the FROM of a statement. */
export interface RowSource {
  /** Stands for the form in the statement's name, since each has a text of its own. */
  readonly form: string
  /** Numbers its parameters from `first` on. */
  readonly text: (first: number) => string
  readonly values: readonly unknown[]
}

/**
 * The rows, whose columns are of these types. For few of them Postgres needs no function, and no table that it puts the function's rows into, for
 * each column: of one update these took much of its time.
 */
export function rowSource(types: readonly string[], rows: readonly (readonly unknown[])[]): RowSource {
  if (rows.length === 0 || rows.length > FEW_ROWS)
    return {
      form: '',
      text: (first) => `unnest(${types.map((type, column) => `$${first + column}::${type}[]`).join(', ')})`,
      values: types.map((_, column) => rows.map((row) => row[column])),
    }
  const row = (first: number) => types.map((type, column) => `$${first + column}::${type}`).join(', ')
  return {
    form: `-${rows.length}`,
    text: (first) => `(values (${rows.map((_, index) => row(first + index * types.length)).join('), (')}))`,
    values: rows.flat(),
  }
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
