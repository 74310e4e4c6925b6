import { rcodeToText } from '../../../shared/dns/codes.ts'
import { recordToText } from '../../../shared/dns/zone-file-text.ts'
import type { EventKind, ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { HttpNote } from '../../../shared/http-note.ts'
import { type DiffHead, diffHead } from '../../../shared/zone-diff.ts'
import { httpNote, type RequestText, requestText } from './request-text.ts'

/** An event for people and programs outside: names and records as text, times as ISO 8601 in UTC. */
export interface EventJson {
  readonly schema: 'zonelog.event/1'
  /** Stable and unique: the command's id. */
  readonly eventId: string
  readonly zone: string
  readonly seq: number
  readonly kind: EventKind
  /** When it was decided; `receivedAt` is by the clock of the edge, `queuedAt` by that of NATS. */
  readonly time: string
  readonly receivedAt: string
  readonly queuedAt: string
  readonly decidedAt: string
  readonly by: string
  readonly source: { readonly address: string; readonly port: number }
  readonly transport: string
  readonly edge: string
  readonly outcome: string
  /** The step that decided; empty when applied. */
  readonly section: string
  readonly reason: string
  readonly detail: string
  readonly rule: string
  readonly serialBefore: number
  readonly serialAfter: number
  readonly soaBefore?: string
  readonly soaAfter?: string
  readonly removedCount: number
  readonly addedCount: number
  /** Records without the SOA, one a line. Shorter than the counts only when `cut` is there. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
  readonly cut?: true
  readonly request?: RequestText
  /** Of an HTTP request: its form, and the token where one was used. */
  readonly http?: HttpNote
  readonly hash: string
}

/** `mostLines` bounds each of `removed` and `added`: a zone may begin with a million records. */
export function eventJson(event: ZoneEvent, zone: string, mostLines = Number.POSITIVE_INFINITY): EventJson {
  const request = requestText(event.message)
  const http = event.transport === 'http' ? httpNote(event.message) : undefined
  return {
    schema: 'zonelog.event/1',
    eventId: event.commandId,
    zone,
    seq: event.seq,
    kind: event.kind,
    time: iso(event.decidedAt),
    receivedAt: iso(event.receivedAt),
    queuedAt: iso(event.queuedAt),
    decidedAt: iso(event.decidedAt),
    by: event.identity,
    source: event.source,
    transport: event.transport,
    edge: event.edgeId,
    outcome: rcodeToText(event.rcode),
    section: event.section,
    reason: event.reason,
    detail: event.detail,
    rule: event.rule,
    serialBefore: event.serialBefore,
    serialAfter: event.serialAfter,
    ...changes(event, mostLines),
    ...(request === undefined ? {} : { request }),
    ...(http === undefined ? {} : { http }),
    hash: Buffer.from(event.hash).toString('hex'),
  }
}

type Changes = Pick<
  EventJson,
  'soaBefore' | 'soaAfter' | 'removedCount' | 'addedCount' | 'removed' | 'added' | 'cut'
>

function changes(event: ZoneEvent, mostLines: number): Changes {
  if (event.diff.length === 0) return { removedCount: 0, addedCount: 0, removed: [], added: [] }
  const { oldSoa, removed, newSoa, added, ...counts } = headOf(event, mostLines)
  return {
    ...(oldSoa === undefined ? {} : { soaBefore: recordToText(oldSoa) }),
    soaAfter: recordToText(newSoa),
    ...counts,
    removed: removed.map(recordToText),
    added: added.map(recordToText),
    ...(Math.max(counts.removedCount, counts.addedCount) > mostLines ? { cut: true } : {}),
  }
}

function headOf({ zoneId, seq, diff }: ZoneEvent, most: number): DiffHead {
  try {
    return diffHead(diff, most)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Error(`event ${zoneId}/${seq}: its diff does not read: ${error.message}`)
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
