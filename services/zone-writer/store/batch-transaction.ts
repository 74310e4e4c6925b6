import type { Writable } from 'node:stream'
import type { Pool, PoolClient } from 'pg'
import type { Statement } from './statement.ts'
import { wireValue } from './wire-value.ts'

/** Connections in pipeline mode. */
export type CommitPool = Pool

/** So much of values goes into a group of statements; far below what a string can hold. */
const MOST_OCTETS = 128 * 2 ** 20
const LOCK_NOT_AVAILABLE = '55P03'

/** A transaction that takes two round trips, however many statements it has: those of a group are sent at once. */
export class BatchTransaction {
  private readonly client: PoolClient
  private readonly statementMs: number

  private constructor(client: PoolClient, statementMs: number) {
    this.client = client
    this.statementMs = statementMs
  }

  /**
   * Runs `work` in a transaction on a connection of the pool. `work` begins with {@link begin} and ends with {@link commit}. When it
   * throws, nothing is committed, unless the connection broke while committing: then that is unknown.
   */
  static async run<T>(pool: CommitPool, work: (transaction: BatchTransaction) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let isWhole = true
    try {
      return await work(new BatchTransaction(client, Number(pool.options.statement_timeout)))
    } catch (error) {
      // what a connection has prepared may be what is wrong; another one is cheap, and faults are rare
      isWhole = (error as { code?: string }).code === LOCK_NOT_AVAILABLE
      await client.query('rollback').catch(() => {
        isWhole = false
      })
      throw error
    } finally {
      client.release(!isWhole)
    }
  }

  /** Begins the transaction and runs the statements; gives the rows of each. */
  async begin(statements: readonly Statement[]): Promise<unknown[][]> {
    const [, ...rows] = await this.pipelined([{ text: 'begin' }, ...statements.map(prepared)])
    return rows.map(({ rows: found }) => found)
  }

  /** One more statement between {@link begin} and {@link commit}, for what is rare. */
  async also<Row>(statement: Statement): Promise<Row[]> {
    const [result] = await this.pipelined([prepared(statement)])
    return result!.rows as Row[]
  }

  /** Runs the statements and commits: a statement that fails makes Postgres refuse the rest, the commit too. */
  async commit(statements: readonly Statement[]): Promise<void> {
    const results = await this.pipelined([...statements.map(prepared), { text: 'commit' }])
    // Postgres answers the commit of a failed transaction with success, and rolls back
    const { command } = results.at(-1)!
    if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`)
  }

  /** Waits for all of them, so that none is under way when the connection is used again; throws what failed first. */
  private async pipelined(queries: readonly Query[]) {
    refuseTooMuch(queries)
    const { stream } = (this.client as PoolClient & WithStream).connection
    // one write for all of them, and one awakening of the server
    stream.cork()
    const running: ReturnType<typeof this.send>[] = []
    try {
      for (const [index, query] of queries.entries()) running.push(this.send(query, index))
    } finally {
      stream.uncork()
    }
    const settled = await Promise.allSettled(running)
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
  }

  /** Each may take its time only once those before it have taken theirs. */
  private send(query: Query, index: number) {
    const config = { ...query, query_timeout: (index + 1) * this.statementMs + 1_000 }
    return this.client.query(config)
  }
}

interface Query {
  readonly text: string
  readonly name?: string
  values?: (string | null)[]
}

/** Not in the types of pg. */
interface WithStream {
  readonly connection: { readonly stream: Writable }
}

/** The values are put into their last form before anything is sent: a fault in that would let the commit behind it through. */
function prepared({ name, text, values }: Statement): Query {
  return { name, text, values: values.map(wireValue) }
}

function refuseTooMuch(queries: readonly Query[]): void {
  let octets = 0
  for (const { values = [] } of queries) for (const value of values) octets += value?.length ?? 0
  if (octets > MOST_OCTETS) throw new Error(`a batch of ${octets} octets is too large for one transaction`)
}
