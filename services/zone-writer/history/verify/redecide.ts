import { Rcode, rcodeToText } from '../../../../shared/dns/codes.ts'
import { decodeMessage } from '../../../../shared/dns/message.ts'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { ZoneContents } from '../../../../shared/zone-contents.ts'
import { encodeDiff } from '../../../../shared/zone-diff.ts'
import { DEFAULT_SETTINGS, SERIAL_POLICIES } from '../../../../shared/zone-settings.ts'
import { decide } from '../../decide/decide.ts'
import type { Decision } from '../../decide/decision.ts'
import { wholeZone } from '../../decide/whole-zone.ts'
import { type Fault, fault } from './fault.ts'

/** How much of an update's outcome was found again by deciding it. */
export type Redecided =
  | { readonly kind: 'same' }
  /** Rests on what was not kept: the rules, limits and clocks of that time. Only that nothing changed is certain. */
  | { readonly kind: 'taken-as-recorded' }
  | { readonly kind: 'different'; readonly faults: readonly Fault[] }

/** Refusals before anything of RFC 2136 is looked at, with the rcodes that they have. */
const BEFORE_DECIDING: Readonly<Record<string, number>> = {
  deadline: Rcode.SERVFAIL,
  fault: Rcode.SERVFAIL,
  zone: Rcode.NOTAUTH,
}
const PERMISSION = '3.3'
const LIMIT = 'limit'
const NO_LIMITS = { ...DEFAULT_SETTINGS, maxRecords: 0, maxRecordsPerRrset: 0, maxTypesPerName: 0 }

/**
 * Decides an update again against the zone as it was before it. Whatever does not rest on rules, limits or deadlines must come out the
 * same: rcode, section, reason, and the diff octet for octet, under one of the serial policies at the recorded time.
 */
export function redecide(zone: ZoneContents, event: ZoneEvent): Redecided {
  const refusedFirst = BEFORE_DECIDING[event.section]
  if (refusedFirst !== undefined) return asRecorded(event, refusedFirst)
  if (event.section === PERMISSION || event.reason === LIMIT) return asRecorded(event, Rcode.REFUSED)
  const message = decodeMessage(event.message)
  if (!message.ok) return compared(event, { rcode: Rcode.FORMERR, section: '3.1', reason: 'malformed' })
  const { identity, source, transport, decidedAt: now } = event
  const request = { message: message.value, identity, source, transport, now }
  let last: Redecided = { kind: 'same' }
  for (const serialPolicy of SERIAL_POLICIES) {
    const bounds = { settings: { ...NO_LIMITS, serialPolicy }, recordCount: 0 }
    const decision = decide(zone, [wholeZone(zone.apex)], request, bounds)
    last = comparedWith(event, decision)
    if (last.kind === 'same' || decision.kind !== 'changed') return last
  }
  return last
}

function asRecorded(event: ZoneEvent, rcode: number): Redecided {
  const faults = [
    ...(event.rcode === rcode
      ? []
      : [different(event, 'rcode', rcodeToText(rcode), rcodeToText(event.rcode))]),
    ...(event.diff.length === 0
      ? []
      : [fault(event.seq, 'diff', 'it was refused, and yet it changes the zone')]),
  ]
  return faults.length === 0 ? { kind: 'taken-as-recorded' } : { kind: 'different', faults }
}

function comparedWith(event: ZoneEvent, decision: Decision): Redecided {
  const verdict = compared(event, decision.verdict)
  const diff = decision.kind === 'changed' ? encodeDiff(decision.diff) : new Uint8Array()
  if (Buffer.compare(diff, event.diff) === 0) return verdict
  const wrong = fault(event.seq, 'diff', 'deciding it again changes the zone otherwise')
  return { kind: 'different', faults: [...(verdict.kind === 'different' ? verdict.faults : []), wrong] }
}

function compared(event: ZoneEvent, found: { rcode: number; section: string; reason: string }): Redecided {
  const faults: Fault[] = []
  if (found.rcode !== event.rcode)
    faults.push(different(event, 'rcode', rcodeToText(found.rcode), rcodeToText(event.rcode)))
  for (const field of ['section', 'reason'] as const)
    if (found[field] !== event[field]) faults.push(different(event, field, found[field], event[field]))
  return faults.length === 0 ? { kind: 'same' } : { kind: 'different', faults }
}

function different({ seq }: ZoneEvent, field: string, decided: string, recorded: string): Fault {
  return fault(seq, field, `deciding it again gives '${decided}', recorded is '${recorded}'`)
}
