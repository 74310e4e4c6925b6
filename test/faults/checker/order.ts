import type { CommandStory } from '../clients/stories.ts'
import { type DecidedEvent, isExpired } from './decided.ts'
import type { Violation } from './evidence.ts'
import { told } from './told.ts'

/**
 * The order of a zone's events is the order in which updates took effect (P9), so it must agree with what clients saw: an update whose
 * answer was there before another was sent comes before it. With that, and outcomes that follow from the state before each
 * (see replay.ts), a zone's history is linearizable.
 */
export function checkOrder(commands: readonly CommandStory[], decided: readonly DecidedEvent[]): Violation[] {
  const stories = new Map(commands.map((story) => [story.id, story]))
  const zones = Map.groupBy(
    decided.filter((event) => !isExpired(event)),
    ({ zone }) => zone,
  )
  return [...zones.values()].flatMap((events) => checkZone(events, stories))
}

/** From the last event to the first: none may have been sent after a later one was answered. */
function checkZone(events: readonly DecidedEvent[], stories: ReadonlyMap<string, CommandStory>): Violation[] {
  const found: Violation[] = []
  let earliest: { answeredAt: number; decided: DecidedEvent; story: CommandStory } | undefined
  for (const decided of events.toReversed()) {
    const story = stories.get(decided.command)
    const sentAt = story?.sends[0]?.at
    if (story === undefined || sentAt === undefined) continue
    if (earliest !== undefined && earliest.answeredAt < sentAt)
      found.push({
        promise: 'P9',
        what: `decided before ${earliest.decided.command}, which had been answered before this was sent`,
        zone: decided.zone,
        command: story.id,
        event: decided.event.seq,
        story: [...told(story, [decided]), ...told(earliest.story, [earliest.decided])],
      })
    const answeredAt = story.answers.find(({ rcode }) => rcode === decided.event.rcode)?.at
    if (answeredAt !== undefined && answeredAt < (earliest?.answeredAt ?? Number.POSITIVE_INFINITY))
      earliest = { answeredAt, decided, story }
  }
  return found
}
