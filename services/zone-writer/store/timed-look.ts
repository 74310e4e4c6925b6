import { type KyselyPlugin, type PluginTransformQueryArgs, type PluginTransformResultArgs, sql } from 'kysely'
import type { DbTransaction } from './admin-zones.ts'

const QUERY_CANCELED = '57014'

class TookTooLong extends Error {}

/** Whether a look was ended because of its time. */
export function tookTooLong(error: unknown): boolean {
  return error instanceof TookTooLong || (error as { code?: unknown }).code === QUERY_CANCELED
}

/** Has `look` fail that takes longer, in ms: statement by statement, and each of them. The transaction's patience must be set anew after it. */
export async function lookFor<T>(
  trx: DbTransaction,
  ms: number,
  look: (trx: DbTransaction) => Promise<T>,
): Promise<T> {
  const limit = new TimeLimit(ms)
  await sql`set local statement_timeout = ${sql.lit(ms)}`.execute(trx)
  const result = await look(trx.withPlugin(limit))
  limit.lift()
  return result
}

/** Refuses statements after its end. */
class TimeLimit implements KyselyPlugin {
  private until: number

  constructor(ms: number) {
    this.until = performance.now() + ms
  }

  /** What was found may go on with the transaction that it was found in. */
  lift(): void {
    this.until = Number.POSITIVE_INFINITY
  }

  transformQuery({ node }: PluginTransformQueryArgs) {
    if (performance.now() > this.until) throw new TookTooLong('no more statements: the time is over')
    return node
  }

  async transformResult({ result }: PluginTransformResultArgs) {
    return result
  }
}
