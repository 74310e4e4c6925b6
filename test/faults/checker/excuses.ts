import { Rcode } from '../../../shared/dns/codes.ts'
import { EDGE_BREAKER_RESET_MS, SLOW_UPDATE_MS } from '../../../shared/time-limits.ts'
import type { Answer, CommandStory } from '../clients/stories.ts'
import type { DecidedEvent } from './decided.ts'
import type { Evidence, FaultPeriod } from './evidence.ts'
import { shortFingerprint } from './stored.ts'

/**
 * After all have recovered, an update that was lost on the way may yet open a circuit breaker when it has taken too long, and so may the one that is let
 * through when that tries again; then it closes. What was refused by then is refused again when it is sent again, however late.
 */
export const AFTER_FAULT_MS = 2 * SLOW_UPDATE_MS + EDGE_BREAKER_RESET_MS
/** An answer may be on its way for so long. */
const ON_ITS_WAY_MS = 5_000
/** Signatures are valid for 300 s (RFC 8945 §10); one that was made a while ago is out of date the sooner. */
const CLOCK_APART_MS = 240_000
/** A copy that was sent last may wait in the network, and then in an edge that is paused. */
const COPY_ARRIVES_MS = 10_000

/** What an edge may say by itself of an update that was applied. */
export type Excuse =
  /** Another edge accepted it, which this one cannot know. */
  | 'split'
  /** A process knows nothing of what the one before it at its address has accepted or refused. */
  | 'forgotten'

type Of = Pick<Evidence, 'commands' | 'edgeStarts' | 'faults' | 'stored'>

/** Whether an edge that refused an update had a reason of its own, though the update was applied. */
export class Excuses {
  private readonly evidence: Of
  /** When an edge had put it into the stream, by edge and fingerprint; of updates that were also refused. */
  private readonly accepted = new Map<string, number[]>()

  constructor(evidence: Of, events: ReadonlyMap<string, readonly DecidedEvent[]>) {
    this.evidence = evidence
    const refused = evidence.commands.filter(({ answers }) => answers.some(isOfEdge))
    const fingerprints = new Set(
      refused.flatMap(({ id }) =>
        (events.get(id) ?? []).map(({ event }) => shortFingerprint(event.fingerprint)),
      ),
    )
    for (const { edge, fingerprint, at } of evidence.stored) {
      if (!fingerprints.has(fingerprint)) continue
      const key = `${edge} ${fingerprint}`
      this.accepted.set(key, [...(this.accepted.get(key) ?? []), at])
    }
  }

  of(answer: Answer, story: CommandStory, { event }: DecidedEvent): Excuse | undefined {
    const { edge, at } = answer
    const copies = story.sends.filter((sending) => sending.edge === edge).map((sending) => sending.at)
    const from = Math.min(at, ...copies)
    if (!this.hadReason(answer, from)) return undefined
    const accepted = this.accepted.get(`${edge} ${shortFingerprint(event.fingerprint)}`) ?? []
    const isOwn = accepted.some((then) => !this.wasReplaced(edge, from, Math.max(at, then)))
    if (event.edgeId !== `edge-${edge}` && !isOwn) return 'split'
    const to = Math.max(at, ...copies.map((copy) => copy + COPY_ARRIVES_MS))
    return this.wasReplaced(edge, from, to) ? 'forgotten' : undefined
  }

  /** Whether something was wrong by which an edge cannot accept updates, then or when it was first asked. */
  hadReason({ rcode, edge, at }: Answer, from = at): boolean {
    const { faults } = this.evidence
    if (rcode === Rcode.NOTAUTH) return faults.some((fault) => isClockApart(fault, edge, at))
    return faults.some((fault) => fault.at <= at && from <= overAt(fault) + AFTER_FAULT_MS)
  }

  private wasReplaced(edge: number, from: number, to: number): boolean {
    return this.evidence.edgeStarts.some((start) => start.edge === edge && start.at > from && start.at < to)
  }
}

/** An edge says these without a writer: that it could not accept it, or that its clock and the client's differ. */
export function isOfEdge({ rcode }: Pick<Answer, 'rcode'>): boolean {
  return rcode === Rcode.SERVFAIL || rcode === Rcode.NOTAUTH
}

function isClockApart(fault: FaultPeriod, edge: number, at: number): boolean {
  return (
    Math.abs(fault.clockMs ?? 0) > CLOCK_APART_MS &&
    fault.edge === edge &&
    fault.at <= at &&
    at <= overAt(fault) + ON_ITS_WAY_MS
  )
}

function overAt({ over = Number.POSITIVE_INFINITY }: FaultPeriod): number {
  return over
}
