import { Rcode } from '../../../shared/dns/codes.ts'
import type { ReadStory } from '../clients/stories.ts'
import { type DecidedEvent, isExpired } from './decided.ts'
import type { Evidence } from './evidence.ts'

/** Something that clients know of an edge. `since` is when the answer that tells it was asked for. */
export type Moment =
  | { readonly what: 'begun'; readonly at: number }
  | { readonly what: 'asked'; readonly at: number; readonly zone: string; readonly read: ReadStory }
  | (Told & { readonly what: 'answered'; readonly read: ReadStory })
  | (Told & { readonly what: 'acknowledged'; readonly seq: number })

interface Told {
  readonly at: number
  readonly since: number
  readonly zone: string
}

/** Of each edge, in the order of time; of what happened at the same time, what was asked comes first. */
export function momentsOf(
  { commands, reads, edgeStarts }: Pick<Evidence, 'commands' | 'reads' | 'edgeStarts'>,
  events: ReadonlyMap<string, readonly DecidedEvent[]>,
): ReadonlyMap<number, readonly Moment[]> {
  const moments = new Map<number, Moment[]>()
  const add = (edge: number, moment: Moment) => {
    const known = moments.get(edge)
    if (known === undefined) moments.set(edge, [moment])
    else known.push(moment)
  }
  for (const { edge, at } of edgeStarts) add(edge, { what: 'begun', at })
  for (const { id, zone, sends, answers } of commands) {
    if (!answers.some(({ rcode }) => rcode === Rcode.NOERROR)) continue
    const decided = events.get(id)?.find((event) => !isExpired(event))
    if (decided?.event.rcode !== Rcode.NOERROR) continue // told by the check of answers
    for (const { at, edge, rcode } of answers) {
      const since = sends.find((sending) => sending.edge === edge)?.at
      if (rcode === Rcode.NOERROR && since !== undefined)
        add(edge, { what: 'acknowledged', at, since, zone, seq: decided.event.seq })
    }
  }
  for (const read of reads) {
    const { edge, zone, askedAt, answeredAt } = read
    add(edge, { what: 'asked', at: askedAt, zone, read })
    add(edge, { what: 'answered', at: answeredAt, since: askedAt, zone, read })
  }
  for (const all of moments.values()) all.sort((one, other) => one.at - other.at || rank(one) - rank(other))
  return moments
}

function rank({ what }: Moment): number {
  return what === 'asked' ? 0 : 1
}

/**
 * How far one edge has certainly got in each zone. What was asked before its process began tells nothing: the one before it may have
 * answered, and its answer have been on its way for long.
 */
export class Shown {
  private readonly seqs = new Map<string, number>()
  private begunAt = Number.NEGATIVE_INFINITY

  of(zone: string): number {
    return this.seqs.get(zone) ?? 0
  }

  learn({ zone, since }: Told, seq: number): void {
    if (this.isSameLife(since) && seq > this.of(zone)) this.seqs.set(zone, seq)
  }

  /** Whether the process that is there now was there then. */
  isSameLife(since: number): boolean {
    return since > this.begunAt
  }

  begin(at: number): void {
    this.begunAt = at
    this.seqs.clear()
  }
}
