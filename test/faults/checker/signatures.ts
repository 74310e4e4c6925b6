import { Rcode, rcodeToText } from '../../../shared/dns/codes.ts'
import type { CommandStory, UnverifiedAnswer } from '../clients/stories.ts'
import type { Violation } from './evidence.ts'
import { told } from './told.ts'

/** What no client may take for an answer is no promise kept: a success that nobody believes (P1), or a no that nobody heard (P3). */
export function checkSignatures(
  unverified: readonly UnverifiedAnswer[],
  commands: readonly CommandStory[],
): Violation[] {
  if (unverified.length === 0) return []
  const stories = new Map(commands.map((story) => [story.id, story]))
  return unverified.map(({ at, edge, rcode, command, zone, fault }) => {
    const story = stories.get(command)
    return {
      promise: rcode === Rcode.NOERROR ? 'P1' : 'P3',
      what: `an answer that its sender may not take: ${fault}`,
      zone,
      ...(command === '' ? {} : { command }),
      story: [
        ...(story === undefined ? [] : told(story)),
        `${at.toFixed(0)} ms: edge-${edge} answered so, with ${rcodeToText(rcode)}`,
      ],
    }
  })
}
