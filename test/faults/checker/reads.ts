import { Rcode, typeToText } from '../../../shared/dns/codes.ts'
import { canonicalName, nameOf } from '../../../shared/dns/name.ts'
import type { ReadStory } from '../clients/stories.ts'
import { type DecidedEvent, isExpired } from './decided.ts'
import type { Evidence, Violation } from './evidence.ts'
import type { Version } from './replay.ts'
import { momentsOf, Shown } from './shown.ts'

type Events = ReadonlyMap<string, readonly DecidedEvent[]>
type Versions = ReadonlyMap<string, ReadonlyMap<string, readonly Version[]>>

/**
 * After NOERROR the edge that sent it answers from that state or a later one (P4), whoever asks: also none that is older than what it
 * had shown to anybody, in one life of its process, before it was asked.
 */
export function checkReads(evidence: Evidence, events: Events, versions: Versions): Violation[] {
  const found: Violation[] = []
  for (const moments of momentsOf(evidence, events).values()) {
    const shown = new Shown()
    const asked = new Map<ReadStory, number>()
    for (const moment of moments) {
      if (moment.what === 'asked') asked.set(moment.read, shown.of(moment.zone))
      else if (moment.what === 'answered') {
        const floor = shown.isSameLife(moment.since) ? asked.get(moment.read)! : 0
        asked.delete(moment.read)
        const said = judge(moment.read, floor, events, versions)
        if (typeof said === 'number') shown.learn(moment, said)
        else if (said !== undefined) found.push(said)
      } else if (moment.what === 'acknowledged') shown.learn(moment, moment.seq)
      else shown.begin(moment.at)
    }
  }
  return found
}

/** How far the edge had got at least, when it answered so; or what is wrong with the answer. Undefined where it says nothing. */
function judge(
  read: ReadStory,
  floor: number,
  events: Events,
  versions: Versions,
): number | Violation | undefined {
  // an edge that cannot answer says so; that is not stale
  if (read.rcode !== Rcode.NOERROR && read.rcode !== Rcode.NXDOMAIN) return undefined
  const decided = events.get(read.after)?.find((event) => !isExpired(event))
  if (decided === undefined) return undefined // told by the check of answers
  const known = versions.get(read.zone)?.get(`${canonicalName(nameOf(read.name))} ${read.type}`) ?? []
  const own = decided.event.seq
  // another process than the one that acknowledged it may have answered: then it tells no more than it shows
  if (reachedBy(read, Math.max(floor, own), known) !== undefined) return reachedBy(read, floor, known)
  return reachedBy(read, own, known) === undefined
    ? stale(read, own, known, 'before the update that it had acknowledged')
    : stale(read, floor, known, 'before what it had already shown to somebody')
}

/** The first event from `floor` on after which the RRset was so, or `floor` itself. */
function reachedBy({ values }: ReadStory, floor: number, versions: readonly Version[]): number | undefined {
  const said = values.join(' ')
  const next = firstAfter(versions, floor)
  if ((versions[next - 1]?.values ?? '') === said) return floor
  for (let at = next; at < versions.length; at++) if (versions[at]!.values === said) return versions[at]!.seq
  return undefined
}

/** The place of the first version that is younger. */
function firstAfter(versions: readonly Version[], seq: number): number {
  let [low, high] = [0, versions.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (versions[middle]!.seq <= seq) low = middle + 1
    else high = middle
  }
  return low
}

function stale(read: ReadStory, floor: number, versions: readonly Version[], than: string): Violation {
  const older = versions.findLast(({ seq, values }) => seq < floor && values === read.values.join(' '))
  return {
    promise: 'P4',
    what: `edge-${read.edge} answered ${read.name} ${typeToText(read.type)} as it was ${than}`,
    zone: read.zone,
    command: read.after,
    event: floor,
    story: [
      `edge-${read.edge} had answered from event ${floor} or a later one`,
      `${read.askedAt.toFixed(0)} ms: asked; ${read.answeredAt.toFixed(0)} ms: answered [${read.values.join(' ')}]`,
      older === undefined ? 'it never was so' : `as it was at event ${older.seq}`,
    ],
  }
}
