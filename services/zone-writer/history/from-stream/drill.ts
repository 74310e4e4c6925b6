import { type Config, ConfigError, requireUrl } from '../../../../shared/config.ts'
import { connectDatabase } from '../../../../shared/database/connect.ts'
import { migrateToLatest } from '../../../../shared/database/migrate.ts'
import { UnreadablePayload } from '../../../../shared/events/binary.ts'
import { silentLogger } from '../../../../shared/log.ts'
import { closeNats, connectNats } from '../../../../shared/messaging/connect.ts'
import { findPeers } from '../../../../shared/messaging/presence.ts'
import { RebuildRefused, rebuildFromStream, type StreamRebuildOptions } from './from-stream.ts'
import type { StreamProgress, StreamRebuild } from './report.ts'

/** For statements over all events. */
const STATEMENT_MS = 60 * 60_000

/**
 * The disaster drill (docs/operations.md): fills the empty database of this configuration from its NATS, while no writer runs. Throws
 * {@link RebuildRefused}, with what to do, when nothing could be done.
 */
export async function* fillFromStream(
  config: Config,
  options: StreamRebuildOptions,
): AsyncGenerator<StreamProgress | StreamRebuild> {
  try {
    yield* fill(config, options)
  } catch (error) {
    if (error instanceof UnreadablePayload || error instanceof ConfigError)
      throw new RebuildRefused(error.message, { cause: error })
    throw error
  }
}

async function* fill(
  config: Config,
  options: StreamRebuildOptions,
): AsyncGenerator<StreamProgress | StreamRebuild> {
  const url = requireUrl(config.databaseUrl, 'ZONELOG_DATABASE_URL')
  const natsUrl = requireUrl(config.natsUrl, 'ZONELOG_NATS_URL')
  const nats = await connectNats(natsUrl, 'zonelog rebuild', silentLogger(), {
    access: config.natsAccess,
    inboxOf: `writer.${config.writerId}`,
  })
  try {
    const writers = await findPeers(nats, 'writer')
    if (writers.length > 0)
      throw new RebuildRefused(
        `Stop the writers first (${writers.map(({ id }) => id).join(', ')}): with an empty database they empty the catalog of the edges.`,
      )
    await migrateToLatest(url).catch((error: Error & { code?: string }) => {
      throw new RebuildRefused(`The database cannot be used: ${error.message || error.code}`)
    })
    const database = connectDatabase(url, { name: 'zonelog rebuild', size: 1, statementMs: STATEMENT_MS })
    try {
      yield* rebuildFromStream(database.db, nats, options)
    } finally {
      await database.close()
    }
  } finally {
    await closeNats(nats)
  }
}
