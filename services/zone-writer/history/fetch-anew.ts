import type { NatsConnection } from 'nats'
import { encodeZoneId } from '../../../shared/messaging/digest-service.ts'
import { findPeers } from '../../../shared/messaging/presence.ts'
import { distrustSubject } from '../../../shared/messaging/subjects.ts'

/** Has every edge that runs forget a zone and fetch it anew; those that do not run hold nothing. */
export async function fetchAnew(nats: NatsConnection, zoneId: number): Promise<void> {
  for (const { id } of await findPeers(nats, 'edge')) nats.publish(distrustSubject(id), encodeZoneId(zoneId))
}
