import type { NatsConnection } from 'nats'
import { type Db, inLongTransaction } from '../../store/admin-zones.ts'
import { openFold } from '../../store/folded-rrsets.ts'
import { isInUse } from '../../store/restore.ts'
import { readCatalog } from './catalog-entries.ts'
import { streamedCheckpoints, testimonies } from './checkpoints.ts'
import { Gathering } from './gather.ts'
import type { StreamProgress, StreamRebuild } from './report.ts'
import { NotWhole, Settling, type SettlingOptions } from './settle-zones.ts'

export interface StreamRebuildOptions extends SettlingOptions {
  /** Lines of exported histories, for what the stream does not hold. */
  readonly files: readonly AsyncIterable<string>[]
  readonly publicKey: string | undefined
}

/** Nothing was written when it is thrown; the message says what to do. */
export class RebuildRefused extends Error {}

/**
 * Fills an empty database from what NATS holds: zones, histories event for event, RRsets, serials, rules and sealed keys. All in one
 * transaction: it is there when this is through, or nothing is.
 */
export async function* rebuildFromStream(
  db: Db,
  nats: NatsConnection,
  options: StreamRebuildOptions,
): AsyncGenerator<StreamProgress | StreamRebuild> {
  try {
    yield* inLongTransaction(db, 'read committed', async function* (trx) {
      await openFold(trx)
      if (await isInUse(trx))
        throw new RebuildRefused('The database has zones or keys already; an empty one is needed.')
      const catalog = await readCatalog(nats)
      const gathering = new Gathering(trx)
      for (const lines of options.files) await gathering.file(lines)
      yield* told('events', gathering.stream(nats))
      const checkpoints = [...gathering.checkpoints, ...(await streamedCheckpoints(nats))]
      const testimony = testimonies(checkpoints, options.publicKey)
      yield* new Settling(trx, catalog, gathering, testimony, options).run()
    })
  } catch (error) {
    if (!(error instanceof NotWhole)) throw error
    yield error.report
  }
}

async function* told(
  what: StreamProgress['what'],
  steps: AsyncGenerator<{ done: number; of: number }>,
): AsyncGenerator<StreamProgress> {
  for await (const step of steps) yield { what, ...step }
}
