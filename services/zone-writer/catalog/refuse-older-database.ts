import type { NatsConnection } from 'nats'
import { ConfigError } from '../../../shared/config.ts'
import { UnreadablePayload } from '../../../shared/events/binary.ts'
import { peekEvent } from '../../../shared/events/peek-event.ts'
import { isNotFound } from '../../../shared/messaging/streams.ts'
import { EVENTS_STREAM } from '../../../shared/messaging/subjects.ts'
import type { Db } from '../store/admin-zones.ts'
import { placeOfZone } from '../store/zones.ts'

/** An event that a writer once published. */
export interface PublishedEvent {
  readonly zoneId: number
  readonly seq: number
}

/**
 * Throws where NATS has heard of an event that the database does not hold. Events are published after they are committed, so then this is
 * the backup of an older database, or commits were lost. Writers that went on would give the same numbers to other events, and edges and
 * readers could not tell.
 */
export async function refuseOlderDatabase(db: Db, nats: NatsConnection): Promise<void> {
  // first this, then the database: other writers commit before they publish
  const published = await lastPublished(nats)
  if (published === undefined) return
  const { seq, newestZoneId } = await placeOfZone(db, published.zoneId)
  if (!isLacking(published, seq, newestZoneId)) return
  throw new ConfigError(
    `the database is older than what NATS has heard of: event #${published.seq} of the zone with id ${published.zoneId} is not in it (${seq === undefined ? 'nor the zone' : `its newest is #${seq}`}). ` +
      'docs/backup.md tells how to bring such events back from NATS, and how to go on without them',
  )
}

/** A zone that was left out of a database rebuilt from the stream is not there either, and its id was passed over. */
export function isLacking(published: PublishedEvent, seq: number | undefined, newestZoneId: number): boolean {
  return seq === undefined ? published.zoneId > newestZoneId : published.seq > seq
}

async function lastPublished(nats: NatsConnection): Promise<PublishedEvent | undefined> {
  const manager = await nats.jetstreamManager()
  const { state } = await manager.streams.info(EVENTS_STREAM)
  if (state.messages === 0) return undefined
  try {
    const { data } = await manager.streams.getMessage(EVENTS_STREAM, { seq: state.last_seq })
    return peekEvent(data)
  } catch (error) {
    // it has grown too old meanwhile, or is of a newer version, whose writers know the database
    if (isNotFound(error) || error instanceof UnreadablePayload) return undefined
    throw error
  }
}
