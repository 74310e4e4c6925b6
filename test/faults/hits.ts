import { Rcode } from '../../shared/dns/codes.ts'
import type { Answer, CommandStory } from './clients/stories.ts'
import type { FaultStory } from './fault-story.ts'

/** What a fault can hit; the first four are told from the stories of commands. */
export type HitWords =
  | 'commands under way'
  | 'answers with BADTIME'
  | 'commands refused or not answered'
  | 'commands past their deadline'
  | 'commits cut'
  | 'commits stalled'
  | 'connections cut'

/** Longer than any client goes on with one command. */
const LONGEST_MS = 15_000
/** How long a client waits for an answer at most. */
const WAIT_MS = 3_000
/** Commands that have no answer after so long are not just under way. */
const LONG_MS = 400

/** Looks into the stories of a run what each fault hit. The probe's own updates do not count. */
export class Hits {
  /** In the order in which they were first sent. */
  private readonly commands: readonly CommandStory[]
  private readonly isExpired: (id: string) => boolean

  constructor(commands: readonly CommandStory[], isExpired: (id: string) => boolean) {
    this.commands = commands
      .filter(({ habit, sends }) => habit !== 'probe' && sends.length > 0)
      .sort((one, other) => firstSent(one) - firstSent(other))
    this.isExpired = isExpired
  }

  /** Undefined where that is not known of the fault. */
  of(fault: FaultStory): number | undefined {
    const { at, until = at, counted } = fault
    if (counted !== undefined) return counted
    const meanwhile = this.sentBetween(at - LONGEST_MS, until)
    switch (fault.hits) {
      case 'commands under way':
        return meanwhile.filter((story) => isUnderWay(story, at, fault.edge)).length
      case 'answers with BADTIME':
        return countAnswers(meanwhile, fault, Rcode.NOTAUTH)
      case 'commands refused or not answered':
        return countAnswers(meanwhile, fault, Rcode.SERVFAIL) + this.unanswered(at, until)
      case 'commands past their deadline':
        return this.sentBetween(at, until).filter(({ id }) => this.isExpired(id)).length
      default:
        return undefined
    }
  }

  /** That were sent then, and had no answer while it lasted: where nobody can say that a command is not stored, edges are silent (P3). */
  private unanswered(at: number, until: number): number {
    const sent = this.sentBetween(at, until - LONG_MS)
    return sent.filter(({ answers }) => answers.every((answer) => answer.at > until)).length
  }

  private sentBetween(from: number, to: number): readonly CommandStory[] {
    return this.commands.slice(this.placeOf(from), this.placeOf(to))
  }

  /** Of the first that was sent then or later. */
  private placeOf(at: number): number {
    let [low, high] = [0, this.commands.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (firstSent(this.commands[middle]!) < at) low = middle + 1
      else high = middle
    }
    return low
  }
}

function firstSent({ sends }: CommandStory): number {
  return sends[0]!.at
}

/** Its last copy was sent, to this edge where one is meant, and its client waited for an answer. */
function isUnderWay({ sends, answers }: CommandStory, at: number, edge: number | undefined): boolean {
  const last = sends.findLast((sending) => sending.at <= at)
  if (last === undefined || answers.some((answer) => answer.at <= at)) return false
  return at - last.at < WAIT_MS && (edge === undefined || last.edge === edge)
}

function countAnswers(stories: readonly CommandStory[], fault: FaultStory, rcode: number): number {
  const { at, until = at, edge } = fault
  const isOne = (answer: Answer) =>
    answer.rcode === rcode &&
    answer.at >= at &&
    answer.at <= until &&
    (edge === undefined || answer.edge === edge)
  return stories.reduce((sum, { answers }) => sum + answers.filter(isOne).length, 0)
}
