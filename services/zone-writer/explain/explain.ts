import { Class, Rcode, Type, typeToText } from '../../../shared/dns/codes.ts'
import { canonicalName, isSubdomain } from '../../../shared/dns/name.ts'
import type { Verdict } from '../../../shared/events/zone-event.ts'
import { Asker } from '../../../shared/rules/asker.ts'
import type { Target } from '../../../shared/rules/conditions.ts'
import { type ConsideredRule, type Trace, traceRules } from '../../../shared/rules/judge.ts'
import { mostOf } from '../../../shared/rules/rule-types.ts'
import { askerText, failureText, refusalSentence } from '../../../shared/rules/sentences.ts'
import { shortestGrants, type WantedRule } from '../../../shared/rules/shortest-grant.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import type { ZoneView } from '../../../shared/zone-contents.ts'
import { applyUpdates } from '../decide/apply.ts'
import { decide, type UpdateRequest, type ZoneBounds } from '../decide/decide.ts'
import { targetsOf } from '../decide/permission.ts'
import { recordFault } from '../decide/prescan.ts'

/** A rule and what came of it for one name and type. */
export interface ExplainedRule {
  readonly position: number
  readonly rule: string
  readonly result: 'grants' | 'denies' | 'does not match'
  /** Why it does not match; empty where it does. */
  readonly because: string
}

/** One name and type of an update, under the rules. */
export interface ExplainedTarget {
  readonly operation: 'add' | 'delete'
  readonly name: string
  readonly type: string
  readonly allowed: boolean
  readonly sentence: string
  /** In order, up to the one that decided. */
  readonly rules: readonly ExplainedRule[]
}

export interface Explanation {
  readonly asker: string
  readonly allowed: boolean
  readonly verdict: Verdict
  /** Each name and type of the update section, those that were refused first; `hidden` more are not shown. */
  readonly targets: readonly ExplainedTarget[]
  readonly hidden: number
  /** The least that would allow it; empty where it is allowed, or no rule can. */
  readonly wanted: readonly WantedRule[]
}

/** A message may have thousands of records. */
const MOST_TARGETS = 20
const PERMISSION: ReadonlySet<string> = new Set(['not-admitted', 'not-permitted', 'denied', 'rule-limit'])

/** Whether rules are why it was refused. */
export function isByRules(reason: string): boolean {
  return PERMISSION.has(reason)
}

/**
 * Judges an update as the writer does, and says of each of its names and types what each rule had to do with it. With `isWhole`
 * false its values are not known, and only the rules are asked. Pure.
 */
export function explain(
  zone: ZoneView,
  rules: readonly UpdateRule[],
  request: UpdateRequest,
  bounds: ZoneBounds,
  isWhole = true,
): Explanation {
  const asker = new Asker(request.identity, request.source, request.transport)
  const traces = tracesOf(zone, rules, request, asker)
  const refused = traces.filter(({ trace }) => !trace.allowed)
  const { verdict } = isWhole ? decide(zone, rules, request, bounds) : byRules(traces)
  const shown = [...refused, ...traces.filter(({ trace }) => trace.allowed)].slice(0, MOST_TARGETS)
  const allowed = verdict.rcode === Rcode.NOERROR
  return {
    asker: askerText(asker),
    allowed,
    verdict,
    targets: shown.map((traced) => explainTarget(traced, asker, zone, rules)),
    hidden: traces.length - shown.length,
    wanted:
      allowed || !isByRules(verdict.reason) ? [] : moved(wantedRules(zone, rules, request, asker), rules),
  }
}

/** What the rules say of an update of one name and type, in one sentence; nothing else is asked. Pure. */
export function judgeByRules(
  zone: ZoneView,
  rules: readonly UpdateRule[],
  request: Pick<UpdateRequest, 'message' | 'identity' | 'source' | 'transport'>,
): Pick<ExplainedTarget, 'allowed' | 'sentence'> {
  const asker = new Asker(request.identity, request.source, request.transport)
  const traces = tracesOf(zone, rules, request, asker)
  const traced = traces.find(({ trace }) => !trace.allowed) ?? traces[0]
  if (traced === undefined) return { allowed: false, sentence: 'no update may change that' }
  const { allowed, sentence } = explainTarget(traced, asker, zone, rules)
  return { allowed, sentence }
}

/** The verdict as far as rules give it, for an update without its values. */
function byRules(traces: readonly Traced[]): { verdict: Verdict } {
  const refused = traces.find(({ trace }) => !trace.allowed)
  const decided = (refused ?? traces[0])?.trace.decided
  const rule = decided?.rule.text ?? ''
  if (refused === undefined)
    return { verdict: { rcode: Rcode.NOERROR, section: '', reason: 'applied', detail: '', rule } }
  const reason = decided === undefined ? 'not-permitted' : 'denied'
  return { verdict: { rcode: Rcode.REFUSED, section: '3.3', reason, detail: '', rule } }
}

interface Traced {
  readonly trace: Trace
  readonly ofWholeName: boolean
}

function tracesOf(
  zone: ZoneView,
  rules: readonly UpdateRule[],
  { message }: Pick<UpdateRequest, 'message'>,
  asker: Asker,
): Traced[] {
  return message.authorities.flatMap((record) => {
    const name = canonicalName(record.name)
    if (!isSubdomain(name, zone.apex) || recordFault(record) !== undefined) return []
    const ofWholeName = record.class === Class.ANY && record.type === Type.ANY
    return targetsOf(record, name, zone).map((target) => ({
      trace: traceRules(rules, asker, target),
      ofWholeName,
    }))
  })
}

function explainTarget(
  { trace, ofWholeName }: Traced,
  asker: Asker,
  { apex }: ZoneView,
  rules: readonly UpdateRule[],
): ExplainedTarget {
  const { target, allowed, decided } = trace
  const sentence = allowed
    ? `granted by rule ${decided?.position} '${decided?.rule.text}'`
    : refusalSentence(trace, asker, { rules, apex, ofWholeName })
  return {
    operation: target.isDeletion ? 'delete' : 'add',
    name: target.name,
    type: typeToText(target.type),
    allowed,
    sentence,
    rules: trace.considered.map((looked) => explainRule(looked, asker, target)),
  }
}

function explainRule(
  { position, rule, failed }: ConsideredRule,
  asker: Asker,
  target: Target,
): ExplainedRule {
  const shown = { position, rule: rule.text }
  if (failed !== undefined)
    return { ...shown, result: 'does not match', because: failureText(rule, failed, asker, target) }
  return { ...shown, result: rule.action === 'grant' ? 'grants' : 'denies', because: '' }
}

/** No list has a rule twice. */
function moved(wanted: readonly WantedRule[], rules: readonly UpdateRule[]): WantedRule[] {
  return wanted.map((each) => {
    const from = rules.findIndex(({ text }) => text === each.rule) + 1
    return from === 0 ? each : { ...each, from }
  })
}

/** What is refused by its number alone is granted with the number that it needs; everything else by name and type. */
function wantedRules(
  zone: ZoneView,
  rules: readonly UpdateRule[],
  request: UpdateRequest,
  asker: Asker,
): WantedRule[] {
  const traces = tracesOf(zone, rules, request, asker).map(({ trace }) => trace)
  const refused = traces.filter(({ allowed }) => !allowed)
  if (refused.length > 0) return shortestGrants(refused, asker, zone.apex)
  const after = new Map<string, number>()
  for (const touched of applyUpdates(zone, request.message.authorities).touched())
    for (const [type, { values }] of touched.after) after.set(`${type} ${touched.name}`, values.size)
  const countOf = ({ type, name }: Target) => after.get(`${type} ${name}`)
  const exceeding = traces.filter((trace) => exceeds(trace, countOf(trace.target)))
  const at = Math.min(...exceeding.map(({ decided }) => decided?.position ?? 1))
  return shortestGrants(exceeding, asker, zone.apex, countOf).map(({ rule }) => ({ rule, at }))
}

function exceeds({ decided, target }: Trace, count: number | undefined): boolean {
  if (decided === undefined || target.isDeletion || count === undefined) return false
  const most = mostOf(decided.rule, target.type)
  return most !== undefined && count > most
}
