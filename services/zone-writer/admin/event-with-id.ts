import type { Db } from '../store/admin-zones.ts'
import { placeOfCommand } from '../store/events.ts'
import { type Access, seesZone } from './access.ts'
import { done, type Failure, failure, type Outcome } from './failure.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The zone and number of the event that has this `eventId`; one of a zone that the reader does not see is not there. */
export async function eventWithId(
  db: Db,
  id: string,
  reader: Access,
): Promise<Outcome<{ zone: string; seq: number }>> {
  const place = UUID.test(id) ? await placeOfCommand(db, id) : undefined
  return place !== undefined && seesZone(reader, place.zone) ? done(place) : noEvent(id)
}

function noEvent(id: string): Failure {
  return failure(
    'event-not-found',
    `No event has the id '${id}'; write ZONE#NUMBER such as example.com#42, or the eventId that \`zonelog log --json\` shows. What a client was told as ref is shown by \`zonelog refusals --ref\`.`,
  )
}
