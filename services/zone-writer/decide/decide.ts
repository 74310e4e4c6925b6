import type { Identity, Source, Transport } from '../../../shared/commands.ts'
import { Class, Rcode, Type } from '../../../shared/dns/codes.ts'
import type { Message } from '../../../shared/dns/message.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { Serial } from '../../../shared/dns/serial.ts'
import { serialOf, withSerial } from '../../../shared/dns/soa.ts'
import type { Verdict } from '../../../shared/events/zone-event.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { type Admission, admit } from '../../../shared/rules/admit.ts'
import { Asker } from '../../../shared/rules/asker.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import type { ZoneView } from '../../../shared/zone-contents.ts'
import type { ZoneDiff } from '../../../shared/zone-diff.ts'
import { DEFAULT_SETTINGS, type SerialPolicy, type ZoneSettings } from '../../../shared/zone-settings.ts'
import { applyUpdates } from './apply.ts'
import { type Decision, type Refusal, refusal } from './decision.ts'
import type { NetChange } from './draft.ts'
import { grantLease, withLease } from './lease.ts'
import { checkLengths, checkLimits } from './limits.ts'
import { checkPermission, type Granted } from './permission.ts'
import { checkPrerequisites } from './prerequisites.ts'
import { prescan } from './prescan.ts'
import { checkRecordShapes } from './record-shapes.ts'
import { nextSerial } from './serial.ts'
import { checkZoneSection } from './zone-section.ts'

/** An UPDATE message and who sent it. */
export interface UpdateRequest {
  readonly message: Message
  readonly identity: Identity
  readonly source: Source
  readonly transport: Transport
  /** When it is decided, in ms since the epoch. */
  readonly now: number
}

/** What deciding must know of the whole zone, beside the names that a message touches. */
export interface ZoneBounds {
  readonly settings: ZoneSettings
  readonly recordCount: number
}

const NO_BOUNDS: ZoneBounds = { settings: DEFAULT_SETTINGS, recordCount: 0 }

/** RFC 2136 §3 as a pure function of the zone, its rules and settings, and the request; nothing else decides. */
export function decide(
  zone: ZoneView,
  rules: readonly UpdateRule[],
  request: UpdateRequest,
  bounds: ZoneBounds = NO_BOUNDS,
): Decision {
  const { answers: prerequisites, authorities: updates } = request.message
  const asker = new Asker(request.identity, request.source, request.transport)
  const notOurs = checkZoneSection(zone.apex, request.message)
  if (notOurs !== undefined) return rejected(notOurs)
  // a stranger must not learn from prerequisites what the zone holds, so whether it may update at all is judged before them
  const admission = admit(rules, asker, zone.apex)
  if (!admission.allowed) return rejected(notAdmitted(admission))
  const admittedBy = admission.rule?.text ?? ''
  const unmet = checkRecordShapes(request.message) ?? checkPrerequisites(zone, prerequisites)
  if (unmet !== undefined) return rejected(unmet, admittedBy)
  const granted = checkPermission(zone, rules, asker, updates)
  if ('rcode' in granted) return rejected(granted)
  const grantedBy = rulesText(granted.rules) || admittedBy
  const unsound = prescan(zone.apex, updates)
  if (unsound !== undefined) return rejected(unsound, grantedBy)
  const decision = change(zone, updates, { ...granted, text: grantedBy }, request.now, bounds)
  return withLease(decision, grantLease(request.message.edns?.options, bounds.settings.leases))
}

function rejected(refused: Refusal, rule = ''): Decision {
  return { kind: 'rejected', verdict: { ...refused, rule: refused.rule || rule } }
}

function notAdmitted({ detail, rule }: Admission): Refusal {
  return refusal(Rcode.REFUSED, '3.3', 'not-admitted', detail, rule?.text)
}

/** Enough for an audit of what was asked; a message may have hundreds of records under as many rules. */
const MOST_RULES_SHOWN = 5

function rulesText(rules: ReadonlySet<UpdateRule>): string {
  const texts = [...rules].slice(0, MOST_RULES_SHOWN).map((rule) => rule.text)
  const more = rules.size - texts.length
  return texts.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** §3.4.2 and §3.6. */
function change(
  zone: ZoneView,
  updates: readonly ResourceRecord[],
  granted: Granted & { readonly text: string },
  now: number,
  { settings, recordCount }: ZoneBounds,
): Decision {
  const rule = granted.text
  const draft = applyUpdates(zone, updates)
  const tooMuch = granted.limits.check(draft) ?? checkLimits(draft, settings, recordCount)
  if (tooMuch !== undefined) return rejected(tooMuch, rule)
  const { removed, added } = draft.netChange()
  const tooLong = checkLengths(added)
  if (tooLong !== undefined) return rejected(tooLong, rule)
  if (removed.length + added.length === 0)
    return { kind: 'unchanged', verdict: accepted('unchanged', 'the zone already was as asked', rule) }

  const { diff, serial } = moved(zone, { removed, added }, settings.serialPolicy, now)
  const detail = `${diff.removed.length} record(s) removed, ${diff.added.length} added`
  return { kind: 'changed', verdict: accepted('applied', detail, rule), diff, serial }
}

/** §3.6: the change with its SOA records: the one that it brings, or the stored one with the next serial. */
export function moved(
  zone: ZoneView,
  { removed, added }: NetChange,
  policy: SerialPolicy,
  now: number,
): { diff: ZoneDiff; serial: Serial } {
  const oldSoa = storedSoa(zone)
  const broughtSoa = added.find((record) => record.type === Type.SOA)
  const serial =
    broughtSoa === undefined ? nextSerial(serialOf(oldSoa.rdata), policy, now) : serialOf(broughtSoa.rdata)
  const newSoa = broughtSoa ?? { ...oldSoa, rdata: withSerial(oldSoa.rdata, serial) }
  return {
    diff: { oldSoa, removed: removed.filter(isNotSoa), newSoa, added: added.filter(isNotSoa) },
    serial,
  }
}

function storedSoa(zone: ZoneView): ResourceRecord {
  const soa = zone.at(zone.apex)?.get(Type.SOA)
  const [rdata] = soa?.rdata ?? []
  if (soa === undefined || rdata === undefined) throw new Error(`zone ${zone.apex} has no SOA record`)
  return { name: soa.name, type: Type.SOA, class: Class.IN, ttl: soa.ttl, rdata }
}

function isNotSoa(record: ResourceRecord): boolean {
  return record.type !== Type.SOA
}

function accepted(reason: ReasonCode, detail: string, rule: string): Verdict {
  return { rcode: Rcode.NOERROR, section: '', reason, detail, rule }
}
