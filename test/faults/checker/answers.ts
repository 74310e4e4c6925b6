import { Rcode, rcodeToText } from '../../../shared/dns/codes.ts'
import type { CommandStory } from '../clients/stories.ts'
import { type DecidedEvent, isExpired } from './decided.ts'
import type { Evidence, Violation } from './evidence.ts'
import { Excuses, isOfEdge } from './excuses.ts'
import { told } from './told.ts'

/** What is wrong whoever says it: all that is sent here is allowed and well formed. */
const OF_NOBODY: ReadonlySet<number> = new Set([Rcode.REFUSED, Rcode.FORMERR])

/** What clients were told against what was decided: P1, P2, P3 and P5. */
export function checkAnswers(
  evidence: Evidence,
  events: ReadonlyMap<string, readonly DecidedEvent[]>,
): Violation[] {
  const { commands } = evidence
  const excuses = new Excuses(evidence, events)
  const known = new Set(commands.map(({ id }) => id))
  const unknown = [...events]
    .filter(([id]) => !known.has(id))
    .map(([id, [first]]) => ({
      promise: 'P2' as const,
      what: 'an event of a command that nobody sent',
      zone: first!.zone,
      command: id,
      event: first!.event.seq,
      story: [],
    }))
  return [
    ...unknown,
    ...commands.flatMap((story) => checkCommand(story, events.get(story.id) ?? [], excuses)),
  ]
}

function checkCommand(story: CommandStory, events: readonly DecidedEvent[], excuses: Excuses): Violation[] {
  const decided = events.filter((event) => !isExpired(event))
  const found: Violation[] = []
  const broken = (promise: Violation['promise'], what: string) =>
    found.push({
      promise,
      what,
      zone: story.zone,
      command: story.id,
      ...(decided[0] === undefined ? {} : { event: decided[0].event.seq }),
      story: told(story, events),
    })
  if (decided.length > 1) broken('P2', `decided ${decided.length} times`)
  if (events.some((event) => isExpired(event) && event.event.diff.length > 0))
    broken('P3', 'applied although past its deadline')
  if (new Set(events.map(({ event }) => event.commandId)).size < events.length)
    broken('P5', 'one command has several events')
  for (const rcode of new Set(story.answers.map((answer) => answer.rcode))) {
    const fault = contradiction(rcode, story, decided[0], excuses)
    if (fault !== undefined) broken(...fault)
  }
  return found
}

function contradiction(
  rcode: number,
  story: CommandStory,
  decided: DecidedEvent | undefined,
  excuses: Excuses,
): [Violation['promise'], string] | undefined {
  if (decided?.event.rcode === rcode) return undefined
  if (rcode === Rcode.NOERROR)
    return decided === undefined
      ? ['P1', 'NOERROR was answered, and there is no event: the update is lost']
      : ['P1', `NOERROR was answered, but the event says ${rcodeToText(decided.event.rcode)}`]
  if (OF_NOBODY.has(rcode)) return ['P3', `${rcodeToText(rcode)} was answered to what is allowed`]
  if (!isOfEdge({ rcode }))
    return decided === undefined
      ? ['P5', `${rcodeToText(rcode)} was answered by a writer, and there is no event`]
      : ['P3', `${rcodeToText(rcode)} was answered, but the event says ${rcodeToText(decided.event.rcode)}`]
  if (decided?.event.rcode !== Rcode.NOERROR) return undefined
  const said = story.answers.filter((answer) => answer.rcode === rcode)
  if (said.every((answer) => excuses.of(answer, story, decided) !== undefined)) return undefined
  return ['P3', `${rcodeToText(rcode)} was answered, and the update was applied`]
}
