import { Rcode, rcodeToText } from '../../../shared/dns/codes.ts'
import type { CommandStory, EdgeStart } from '../clients/stories.ts'
import { type DecidedEvent, isExpired } from './decided.ts'
import type { Violation } from './evidence.ts'
import { told } from './told.ts'

/** What an edge may say by itself, without a writer: that it could not accept it, or that its clock and the client's differ. */
const OF_EDGES: ReadonlySet<number> = new Set([Rcode.SERVFAIL, Rcode.NOTAUTH])

/** What is wrong whoever says it: all that is sent here is allowed and well formed. */
const OF_NOBODY: ReadonlySet<number> = new Set([Rcode.REFUSED, Rcode.FORMERR])

/** What clients were told against what was decided: P1, P2, P3 and P5. */
export function checkAnswers(
  commands: readonly CommandStory[],
  events: ReadonlyMap<string, readonly DecidedEvent[]>,
  edgeStarts: readonly EdgeStart[],
): Violation[] {
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
    ...commands.flatMap((story) => checkCommand(story, events.get(story.id) ?? [], edgeStarts)),
  ]
}

function checkCommand(
  story: CommandStory,
  events: readonly DecidedEvent[],
  edgeStarts: readonly EdgeStart[],
): Violation[] {
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
    const fault = contradiction(rcode, story, decided[0], edgeStarts)
    if (fault !== undefined) broken(...fault)
  }
  return found
}

function contradiction(
  rcode: number,
  story: CommandStory,
  decided: DecidedEvent | undefined,
  edgeStarts: readonly EdgeStart[],
): [Violation['promise'], string] | undefined {
  if (decided?.event.rcode === rcode) return undefined
  if (rcode === Rcode.NOERROR)
    return decided === undefined
      ? ['P1', 'NOERROR was answered, and there is no event: the update is lost']
      : ['P1', `NOERROR was answered, but the event says ${rcodeToText(decided.event.rcode)}`]
  if (OF_NOBODY.has(rcode)) return ['P3', `${rcodeToText(rcode)} was answered to what is allowed`]
  if (!OF_EDGES.has(rcode))
    return decided === undefined
      ? ['P5', `${rcodeToText(rcode)} was answered by a writer, and there is no event`]
      : ['P3', `${rcodeToText(rcode)} was answered, but the event says ${rcodeToText(decided.event.rcode)}`]
  if (decided?.event.rcode !== Rcode.NOERROR) return undefined
  if (isSplit(rcode, story, decided) || isForgotten(rcode, story, edgeStarts)) return undefined
  return ['P3', `${rcodeToText(rcode)} was answered, and the update was applied`]
}

/** The client had sent it to several edges: one did not accept it and said so, which the others cannot know. */
export function isSplit(rcode: number, story: CommandStory, { event }: DecidedEvent): boolean {
  const saidNo = story.answers.filter((answer) => answer.rcode === rcode).map(({ edge }) => `edge-${edge}`)
  return new Set(story.sends.map(({ edge }) => edge)).size > 1 && !saidNo.includes(event.edgeId)
}

/** In ms: the network holds a copy up for less. */
const LATEST_COPY_MS = 2_000

/**
 * The edge that accepted it was killed, and another process at its address, which knows nothing of that, did not accept it; or the other
 * way round, where a copy came later.
 */
export function isForgotten(rcode: number, story: CommandStory, edgeStarts: readonly EdgeStart[]): boolean {
  // NOTAUTH: with another clock than the one before it
  if (!OF_EDGES.has(rcode)) return false
  return story.answers
    .filter((answer) => answer.rcode === rcode)
    .every(({ edge, at }) => {
      const sent = story.sends.filter((sending) => sending.edge === edge).map((sending) => sending.at)
      const [first = at, last = at] = [sent[0], sent.at(-1)]
      const end = Math.max(at, last + LATEST_COPY_MS)
      return edgeStarts.some((start) => start.edge === edge && start.at > first && start.at < end)
    })
}
