import { Rcode, rcodeToText } from '../../shared/dns/codes.ts'
import { byCommand, type DecidedEvent, isExpired } from './checker/decided.ts'
import type { Evidence, FaultPeriod } from './checker/evidence.ts'
import { AFTER_FAULT_MS, Excuses, isOfEdge } from './checker/excuses.ts'
import type { Answer, CommandStory } from './clients/stories.ts'

/** What edges refused by themselves, without a writer. */
export interface Refusals {
  /** Refused by one edge, and applied when the client asked another one: see docs/promises.md. */
  readonly appliedThroughAnotherEdge: number
  /** Accepted by an edge that was killed, and refused by the one that took its place: see there. */
  readonly appliedByAnEarlierEdge: number
  /** Updates to which an edge said SERVFAIL while and after no fault, or NOTAUTH while no clock was apart. A violation where they were applied. */
  readonly refusedWithoutFault: number
  /** The first of these. */
  readonly firstWithoutFault: readonly string[]
  /** Updates that were first sent while and after no fault: what of all says something about those. */
  readonly sentWithoutFault: number
}

const MOST_TOLD = 3

/** Pure. */
export function refusalsOf(evidence: Evidence, decided: readonly DecidedEvent[]): Refusals {
  const counts = { appliedThroughAnotherEdge: 0, appliedByAnEarlierEdge: 0 }
  const withoutFault: { answer: Answer; id: string }[] = []
  const events = byCommand(decided.filter((event) => !isExpired(event)))
  const excuses = new Excuses(evidence, events)
  for (const story of evidence.commands) {
    const refused = story.answers.filter(isOfEdge)
    if (refused.length === 0) continue
    const answer = refused.find((each) => !excuses.hadReason(each, story.sends[0]?.at))
    if (answer !== undefined) withoutFault.push({ answer, id: story.id })
    const event = events.get(story.id)?.[0]
    if (event?.event.rcode !== Rcode.NOERROR) continue
    const reasons = refused.map((each) => excuses.of(each, story, event))
    if (reasons.includes('split')) counts.appliedThroughAnotherEdge += 1
    else if (reasons.includes('forgotten')) counts.appliedByAnEarlierEdge += 1
  }
  return {
    ...counts,
    refusedWithoutFault: withoutFault.length,
    firstWithoutFault: withoutFault
      .toSorted((one, other) => one.answer.at - other.answer.at)
      .slice(0, MOST_TOLD)
      .map(
        ({ answer: { at, edge, rcode }, id }) =>
          `${at.toFixed(0)} ms: edge-${edge} answered ${rcodeToText(rcode)} to ${id}`,
      ),
    sentWithoutFault: countInCalm(evidence.commands, evidence.faults),
  }
}

/** How many were first sent when no fault was there, or had been a short while ago. */
function countInCalm(commands: readonly CommandStory[], faults: readonly FaultPeriod[]): number {
  const periods = faults.toSorted((one, other) => one.at - other.at)
  const times = commands.flatMap(({ sends }) => sends[0]?.at ?? []).sort((one, other) => one - other)
  let [calm, next, excusedUntil] = [0, 0, Number.NEGATIVE_INFINITY]
  for (const at of times) {
    for (; next < periods.length && periods[next]!.at <= at; next++)
      excusedUntil = Math.max(
        excusedUntil,
        (periods[next]!.over ?? Number.POSITIVE_INFINITY) + AFTER_FAULT_MS,
      )
    if (at > excusedUntil) calm += 1
  }
  return calm
}
