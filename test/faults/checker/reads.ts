import { Rcode, typeToText } from '../../../shared/dns/codes.ts'
import { canonicalName, nameOf } from '../../../shared/dns/name.ts'
import type { ReadStory } from '../clients/stories.ts'
import { type DecidedEvent, isExpired } from './decided.ts'
import type { Violation } from './evidence.ts'
import type { Version } from './replay.ts'

/** After NOERROR the edge that sent it answers from that state or a later one (P4). */
export function checkReads(
  reads: readonly ReadStory[],
  events: ReadonlyMap<string, readonly DecidedEvent[]>,
  versions: ReadonlyMap<string, ReadonlyMap<string, readonly Version[]>>,
): Violation[] {
  return reads.flatMap((read) => {
    // an edge that cannot answer says so; that is not stale
    if (read.rcode !== Rcode.NOERROR && read.rcode !== Rcode.NXDOMAIN) return []
    const decided = events.get(read.after)?.find((event) => !isExpired(event))
    if (decided === undefined) return [] // told by the check of answers
    const key = `${canonicalName(nameOf(read.name))} ${read.type}`
    const known = versions.get(read.zone)?.get(key) ?? []
    return isFresh(read, decided.event.seq, known) ? [] : [stale(read, decided, known)]
  })
}

function isFresh({ values }: ReadStory, seq: number, versions: readonly Version[]): boolean {
  const said = values.join(' ')
  const atThatEvent = versions.findLast((version) => version.seq <= seq)?.values ?? ''
  return said === atThatEvent || versions.some((version) => version.seq > seq && version.values === said)
}

function stale(read: ReadStory, { event, zone }: DecidedEvent, versions: readonly Version[]): Violation {
  const older = versions.findLast(({ seq, values }) => seq < event.seq && values === read.values.join(' '))
  return {
    promise: 'P4',
    what: `edge-${read.edge} answered ${read.name} ${typeToText(read.type)} as it was before the update that it had acknowledged`,
    zone,
    command: read.after,
    event: event.seq,
    story: [
      `event ${event.seq} was acknowledged by edge-${read.edge}`,
      `${read.askedAt.toFixed(0)} ms: asked; ${read.answeredAt.toFixed(0)} ms: answered [${read.values.join(' ')}]`,
      older === undefined ? 'it never was so' : `as it was at event ${older.seq}`,
    ],
  }
}
