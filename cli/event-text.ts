import type { EventJson } from '../services/zone-writer/admin/event-json.ts'
import { eventId } from '../shared/event-id.ts'
import { reasonOf } from '../shared/reasons.ts'
import { grantedLease, leaseText } from '../shared/update-lease.ts'
import type { Column } from './table.ts'
import type { Terminal } from './terminal.ts'
import { atTime } from './time.ts'

const MOST_LINES = 20
/** Kinds whose detail says what was done. */
const TOLD_BY_DETAIL: readonly string[] = ['restore', 'undo', 'rebuild', 'compact', 'snapshot', 'lease']
/** Of lines below a row of a table. */
const INDENT = 4

/** An event in a table. */
export const EVENT_COLUMNS: readonly Column<EventJson>[] = [
  { title: '#', text: (event) => String(event.seq), align: 'right' },
  { title: 'TIME (UTC)', text: (event) => atTime(event.time) },
  { title: 'WHO', text: who, shrink: true },
  { title: 'FROM', text: (event) => event.source.address, shrink: true },
  { title: 'BY', text: (event) => event.transport },
  { title: 'EDGE', text: (event) => event.edge, shrink: true, below: 1 },
  { title: 'OUTCOME', text: outcome, colour: (terminal, cell, event) => terminal.colour(mood(event), cell) },
  { title: 'SERIAL', text: serials, below: 2 },
]

/** An event by itself, where there is no table for its columns to stand in. */
export function eventLine(terminal: Terminal, event: EventJson): string[] {
  const { seq, time, source, transport } = event
  const told = terminal.colour(mood(event), outcome(event))
  const head = `#${seq}  ${atTime(time)}  ${who(event)}  ${source.address}  ${transport}  ${told}  ${serials(event)}`
  return [head, ...changes(terminal, event).map((line) => `    ${line}`)]
}

/** What it changed, and why it did not, a line each. */
export function changes(terminal: Terminal, event: EventJson): string[] {
  const all = [
    ...event.removed.map((record) => terminal.colour('red', `- ${record}`)),
    ...event.added.map((record) => terminal.colour('green', `+ ${record}`)),
  ]
  const shown = all.slice(0, MOST_LINES)
  const hidden = event.removedCount + event.addedCount - shown.length
  if (hidden > 0) shown.push(terminal.colour('dim', `  and ${hidden} more records; --json shows them`))
  if ((event.outcome !== 'NOERROR' || event.kind === 'alarm') && event.detail !== '')
    shown.unshift(`! ${event.detail}`, ...remedyFor(terminal, event))
  const lease = grantedLease(event.detail)
  if (event.kind === 'update' && lease !== undefined) shown.unshift(terminal.colour('dim', leaseText(lease)))
  if (TOLD_BY_DETAIL.includes(event.kind)) shown.unshift(terminal.colour('dim', event.detail))
  return shown
}

/** What to do about a refusal, with the command that explains it ready to be typed. */
function remedyFor(terminal: Terminal, { outcome, reason, zone, seq }: EventJson): string[] {
  const remedy = outcome === 'NOERROR' ? undefined : reasonOf(reason)?.remedy
  if (remedy === undefined) return []
  const text = `  ${remedy.replace('ZONE#EVENT', `'${eventId(zone, seq)}'`)}`
  const room = terminal.width - INDENT
  return [terminal.colour('dim', text.length <= room ? text : `${text.slice(0, room - 1)}…`)]
}

function mood(event: EventJson) {
  return event.outcome === 'NOERROR' && event.kind !== 'alarm' ? 'green' : 'red'
}

function outcome({ outcome: rcode, reason, kind }: EventJson): string {
  if (reason === 'applied') return kind === 'update' ? rcode : `${rcode} ${kind}`
  return `${rcode} ${reason}`
}

/** With the token that stood for the key. */
function who({ by, http }: EventJson): string {
  return http?.token === undefined ? by : `${by} (${http.token})`
}

function serials({ serialBefore, serialAfter, kind }: EventJson): string {
  if (kind === 'create') return `→ ${serialAfter}`
  return serialBefore === serialAfter ? String(serialAfter) : `${serialBefore} → ${serialAfter}`
}
