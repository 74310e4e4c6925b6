import type { Pool, PoolClient } from 'pg'
import { COMMIT_GRACE_MS } from '../../../shared/time-limits.ts'
import type { Statement } from './statement.ts'
import { type GroupEnd, isWellKnown, runGroup } from './statement-group.ts'

/** Connections of which each prepares its statements once (`prepares` of connectDatabase). */
export type CommitPool = Pool

const LOCK_NOT_AVAILABLE = '55P03'
const UNIQUE_VIOLATION = '23505'
const BEGIN: Statement = { name: 'begin', text: 'begin', values: [] }
export const COMMIT: Statement = { name: 'commit', text: 'commit', values: [] }

/** A transaction that takes one round trip or two, however many statements it has: those of a group are sent at once. */
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
      isWhole = (error as { code?: string }).code === LOCK_NOT_AVAILABLE && isWellKnown(client)
      await client.query('rollback').catch(() => {
        isWhole = false
      })
      throw error
    } finally {
      client.release(!isWhole)
    }
  }

  /**
   * Runs the statements as a transaction of one round trip; gives the rows of each. Nothing was done when it throws, unless the
   * connection broke meanwhile: then that is unknown; nor when what they insert is there already. `statementsOf` is asked when there is a
   * connection, which may have been waited for; of undefined, nothing is run.
   */
  static async alone(
    pool: CommitPool,
    statementsOf: () => readonly Statement[] | undefined,
  ): Promise<unknown[][] | 'in-the-way' | undefined> {
    const client = await pool.connect()
    let isWhole = true
    try {
      const statements = statementsOf()
      if (statements === undefined) return undefined
      const one = new BatchTransaction(client, Number(pool.options.statement_timeout))
      const { results, isOutside } = await one.group(statements)
      if (!isOutside) throw new Error('statements that are a transaction of their own left one open')
      return results.map(({ rows }) => [...rows])
    } catch (error) {
      const { code } = error as { code?: string }
      isWhole = (code === LOCK_NOT_AVAILABLE || code === UNIQUE_VIOLATION) && isWellKnown(client)
      if (code === UNIQUE_VIOLATION) return 'in-the-way'
      throw error
    } finally {
      client.release(!isWhole)
    }
  }

  /** Begins the transaction and runs the statements; gives the rows of each. */
  async begin(statements: readonly Statement[]): Promise<unknown[][]> {
    const [, ...results] = (await this.group([BEGIN, ...statements])).results
    return results.map(({ rows }) => [...rows])
  }

  /** One more statement between {@link begin} and {@link commit}, for what is rare. */
  async also<Row>(statement: Statement): Promise<Row[]> {
    const [result] = (await this.group([statement])).results
    return result!.rows as Row[]
  }

  /** Runs the statements and commits; gives the rows of each. One that fails makes Postgres leave out the rest, the commit too. */
  async commit(statements: readonly Statement[]): Promise<unknown[][]> {
    const { results, isOutside } = await this.group([...statements, COMMIT])
    // Postgres answers the commit of a failed transaction with success, and rolls back
    const { command } = results.at(-1)!
    if (command !== 'COMMIT' || !isOutside) throw new Error(`the transaction ended with ${command}`)
    return results.slice(0, -1).map(({ rows }) => [...rows])
  }

  /** Clients still ask when this is given up: redelivery finds whether it was committed, or ended since nobody waits for it any more. */
  private async group(statements: readonly Statement[]): Promise<GroupEnd> {
    return await runGroup(this.client, statements, this.statementMs + COMMIT_GRACE_MS)
  }
}
