import { rcodeToText } from '../../../shared/dns/codes.ts'
import type { CommandStory } from '../clients/stories.ts'
import type { DecidedEvent } from './decided.ts'

/** A command's story in lines, oldest first. */
export function told(story: CommandStory, events: readonly DecidedEvent[] = []): string[] {
  const lines = [
    ...story.sends.map(({ at, edge }) => ({ at, line: `${ms(at)} sent to edge-${edge} (${story.habit})` })),
    ...story.answers.map(({ at, edge, rcode }) => ({
      at,
      line: `${ms(at)} edge-${edge} answered ${rcodeToText(rcode)}`,
    })),
  ].sort((one, other) => one.at - other.at)
  return [...lines.map(({ line }) => line), ...events.map(eventLine)]
}

export function eventLine({ event }: DecidedEvent): string {
  const { seq, rcode, reason, edgeId, decidedAt, receivedAt, commandId } = event
  return `event ${seq}: ${rcodeToText(rcode)} ${reason}, taken by ${edgeId}, decided ${decidedAt - receivedAt} ms later, ${commandId}`
}

function ms(at: number): string {
  return `${at.toFixed(0)} ms:`
}
