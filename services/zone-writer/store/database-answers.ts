import { type Kysely, sql } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import { Remembered } from '../../../shared/remembered.ts'

/** Between two looks at least, however often somebody probes, in ms. */
const FRESH_MS = 1_000
const LIMIT_MS = 2_000

/** Whether Postgres answers: looked up for whoever asks, since a writer without updates would not notice. */
export function databaseAnswers(db: Kysely<Database>): () => Promise<boolean> {
  const look = async () => {
    const late = AbortSignal.timeout(LIMIT_MS)
    const refused = new Promise<false>((resolve) => late.addEventListener('abort', () => resolve(false)))
    const answered = sql`select 1`.execute(db).then(
      () => true,
      () => false,
    )
    return await Promise.race([answered, refused])
  }
  const known = new Remembered(look, FRESH_MS, true)
  return () => known.get()
}
