import { Class, Rcode, Type } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain, type Name } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { rulesAbout } from '../../../shared/rules/admit.ts'
import type { Asker } from '../../../shared/rules/asker.ts'
import type { Target } from '../../../shared/rules/conditions.ts'
import { decidingRuleAmong, traceRules } from '../../../shared/rules/judge.ts'
import { refusalSentence } from '../../../shared/rules/sentences.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import type { NameContents, ZoneView } from '../../../shared/zone-contents.ts'
import { type Refusal, refusal } from './decision.ts'
import { recordFault } from './prescan.ts'
import { RuleLimits } from './rule-limits.ts'

/** Which rules granted the update section, and how much. */
export interface Granted {
  readonly rules: ReadonlySet<UpdateRule>
  readonly limits: RuleLimits
}

/**
 * RFC 2136 §3.3: each record of the update section against the zone's rules. What the prescan refuses is left to it, so that a
 * malformed record, or one of another zone, gets its own rcode.
 */
export function checkPermission(
  zone: ZoneView,
  rules: readonly UpdateRule[],
  asker: Asker,
  updates: readonly ResourceRecord[],
): Granted | Refusal {
  const about = rulesAbout(rules, asker)
  const granted = { rules: new Set<UpdateRule>(), limits: new RuleLimits() }
  for (const record of updates) {
    const name = canonicalName(record.name)
    if (!isSubdomain(name, zone.apex) || recordFault(record) !== undefined) continue
    for (const target of targetsOf(record, name, zone)) {
      const rule = decidingRuleAmong(about, asker, target)
      if (rule?.action !== 'grant') return notPermitted(zone.apex, rules, asker, target, record)
      granted.rules.add(rule)
      if (!target.isDeletion) granted.limits.note(name, target.type, rule)
    }
  }
  return granted
}

/** What a record of the update section is about: one name and type, or as many as a name has (§2.5.3). */
export function targetsOf(record: ResourceRecord, name: Name, zone: ZoneView): Target[] {
  const { type, class: class_, rdata } = record
  if (class_ !== Class.ANY) return [{ name, type, isDeletion: class_ === Class.NONE, values: () => [rdata] }]
  const stored = zone.at(name)
  if (type !== Type.ANY) return [deletionOf(name, type, stored)]
  return (
    [...(stored?.keys() ?? [])]
      .filter((each) => mayBeDeleted(each, name === zone.apex))
      // of several that are refused always the same is named
      .toSorted((a, b) => a - b)
      .map((each) => deletionOf(name, each, stored))
  )
}

function deletionOf(name: Name, type: number, stored: NameContents | undefined): Target {
  return { name, type, isDeletion: true, values: () => stored?.get(type)?.rdata ?? [] }
}

/** The apex keeps its SOA and NS; and as in BIND, what a signer made goes with the name, whoever deletes that. */
function mayBeDeleted(type: number, atApex: boolean): boolean {
  if (type === Type.RRSIG || type === Type.NSEC || type === Type.NSEC3) return false
  return !atApex || (type !== Type.SOA && type !== Type.NS)
}

/** Only here, where somebody asks why, is a trace made. */
function notPermitted(
  apex: Name,
  rules: readonly UpdateRule[],
  asker: Asker,
  target: Target,
  record: ResourceRecord,
): Refusal {
  const trace = traceRules(rules, asker, target)
  const ofWholeName = record.class === Class.ANY && record.type === Type.ANY
  const sentence = refusalSentence(trace, asker, { rules, apex, ofWholeName })
  const reason = trace.decided === undefined ? 'not-permitted' : 'denied'
  return refusal(Rcode.REFUSED, '3.3', reason, sentence, trace.decided?.rule.text ?? '')
}
