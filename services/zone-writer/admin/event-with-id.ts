import type { Db } from '../store/admin-zones.ts'
import { placeOfCommand } from '../store/events.ts'
import { done, failure, type Outcome } from './failure.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The zone and number of the event that has this `eventId`. */
export async function eventWithId(db: Db, id: string): Promise<Outcome<{ zone: string; seq: number }>> {
  const place = UUID.test(id) ? await placeOfCommand(db, id) : undefined
  if (place !== undefined) return done(place)
  return failure(
    'event-not-found',
    `No event has the id '${id}'; write ZONE#NUMBER such as example.com#42, or the eventId that \`zonelog log --json\` shows. What a client was told as ref is shown by \`zonelog refusals --ref\`.`,
  )
}
