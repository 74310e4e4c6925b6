import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { eventJson } from './event-json.ts'

/** An event in one line. */
export interface EventSummary {
  readonly zone: string
  readonly seq: number
  readonly eventId: string
  readonly time: string
  readonly kind: string
  readonly by: string
  readonly address: string
  readonly transport: string
  readonly outcome: string
  readonly reason: string
  readonly serialBefore: number
  readonly serialAfter: number
  readonly removedCount: number
  readonly addedCount: number
  /** The first of the names whose records changed. */
  readonly names: readonly string[]
}

const MOST_LINES = 200
const MOST_NAMES = 20

export function eventSummary(event: ZoneEvent, zone: string): EventSummary {
  const json = eventJson(event, zone, MOST_LINES)
  const owners = [...json.removed, ...json.added].map((line) => line.slice(0, line.indexOf(' ')))
  const { seq, eventId, time, kind, by, transport, outcome, reason, serialBefore, serialAfter } = json
  const { removedCount, addedCount, source } = json
  return {
    ...{ zone, seq, eventId, time, kind, by, address: source.address, transport, outcome, reason },
    ...{ serialBefore, serialAfter, removedCount, addedCount },
    names: [...new Set(owners)].slice(0, MOST_NAMES),
  }
}
