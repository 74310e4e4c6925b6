import { typeToText } from '../dns/codes.ts'
import type { Name } from '../dns/name.ts'
import type { Asker } from './asker.ts'
import {
  CONDITIONS,
  type Condition,
  failedAdmission,
  failedCondition,
  isByAddress,
  ownName,
  type Target,
} from './conditions.ts'
import type { ConsideredRule, Trace } from './judge.ts'
import { nameHint, undoubled } from './name-hints.ts'
import { identityText } from './rule-text.ts'
import { coversType } from './rule-types.ts'
import type { UpdateRule } from './update-rule.ts'

/** Who asks, for people: `key dhcp. from 192.0.2.1 over udp`. */
export function askerText({ identity, key, address, transport }: Asker): string {
  return `${key === undefined ? identity : `key ${key}`} from ${address} over ${transport}`
}

/** Why the trace ended in a refusal, as one sentence: the rule that denied, or the nearest that did not grant. */
export function refusalSentence(trace: Trace, asker: Asker, around: AroundTrace = {}): string {
  const { target, decided, considered } = trace
  const what = `${target.isDeletion ? 'delete' : 'add'} ${target.name} ${typeToText(target.type)}`
  const who = askerText(asker)
  if (decided !== undefined)
    return `${what} by ${who} is denied by rule ${decided.position} '${decided.rule.text}'${laterGrant(trace, asker, around)}${hints(target, around)}`
  return `${what} by ${who}: ${noneOf(considered, asker, target)}${hints(target, around)}`
}

/** What a trace does not say, for the hints. */
export interface AroundTrace {
  /** The whole list, for rules behind the one that decided. */
  readonly rules?: readonly UpdateRule[]
  readonly apex?: Name
  /** The operation was to delete all there is at the name. */
  readonly ofWholeName?: boolean
}

/** A grant that a denial before it keeps from being looked at. */
function laterGrant({ target, decided }: Trace, asker: Asker, { rules = [] }: AroundTrace): string {
  const behind = rules.findIndex(
    (rule, index) =>
      index >= (decided?.position ?? rules.length) &&
      rule.action === 'grant' &&
      failedCondition(rule, asker, target) === undefined,
  )
  if (behind === -1) return ''
  return `; rule ${behind + 1} '${rules[behind]!.text}' would grant it, but stands behind it`
}

function hints({ name, type }: Target, { apex, ofWholeName }: AroundTrace): string {
  const meant = apex === undefined ? undefined : undoubled(name, apex)
  const doubled = meant === undefined ? '' : `; the name has the zone twice: did the client mean ${meant}?`
  if (ofWholeName !== true) return doubled
  return `${doubled}; the update deletes all there is at the name, ${typeToText(type)} with it: let it delete by type, or grant that as well`
}

/** As {@link refusalSentence} for somebody whom no rule could grant anything. */
export function admissionSentence(
  rules: readonly UpdateRule[],
  asker: Asker,
  apex: Name,
  denial: UpdateRule | undefined,
): string {
  if (denial !== undefined)
    return `${askerText(asker)} is denied by rule ${rules.indexOf(denial) + 1} '${denial.text}'`
  const considered = rules.map((rule, index) => ({
    position: index + 1,
    rule,
    failed: failedAdmission(rule, asker, apex),
  }))
  return `${askerText(asker)}: ${noneOf(considered, asker, undefined)}`
}

function noneOf(considered: readonly ConsideredRule[], asker: Asker, target: Target | undefined): string {
  const nearest = nearestGrant(considered)
  const none = considered.length === 0 ? 'the zone has no rules' : `no rule of ${considered.length} matched`
  if (nearest?.failed === undefined) return none
  const why = failureText(nearest.rule, nearest.failed, asker, target)
  return `${none}; the nearest was rule ${nearest.position} '${nearest.rule.text}', which fails because ${why}`
}

/** The grant of which most was met; the first of several. */
export function nearestGrant(considered: readonly ConsideredRule[]): ConsideredRule | undefined {
  let nearest: ConsideredRule | undefined
  for (const looked of considered)
    if (looked.rule.action === 'grant' && reach(looked) > reach(nearest)) nearest = looked
  return nearest
}

function reach(looked: ConsideredRule | undefined): number {
  return looked?.failed === undefined ? -1 : CONDITIONS.indexOf(looked.failed)
}

/** One clause about a rule whose condition was not met. Without a target it is about the zone as a whole. */
export function failureText(
  rule: UpdateRule,
  failed: Condition,
  asker: Asker,
  target: Target | undefined,
): string {
  const own = ownName(rule, asker)
  switch (failed) {
    case 'transport':
      return `it is for TCP, and this came over ${asker.transport}`
    case 'key':
      return keyFailure(rule, asker)
    case 'address':
      return isByAddress(rule) && rule.identity.name !== undefined
        ? `it is for ${identityText(rule.identity)}, and the sender's name is ${own ?? 'unknown'}`
        : `${asker.address} is not in ${rule.identity.range?.text}`
    case 'self':
      return target === undefined
        ? `the sender's own name ${own} is not in the zone`
        : `${target.name} is not ${rule.match === 'self' || isByAddress(rule) ? '' : 'below '}the sender's own name ${own}`
    case 'name':
      return `${target?.name} is not ${nameText(rule)}${target === undefined ? '' : nameHint(rule, target.name)}`
    case 'type':
      return typeFailure(rule, target!)
    case 'value':
      return `the address is not the sender's own, ${asker.address}`
  }
}

function keyFailure(rule: UpdateRule, { key, identity }: Asker): string {
  if (rule.identity.kind === 'unsigned')
    return `it is for unsigned updates, and this was signed by ${key ?? identity}`
  const wanted =
    rule.identity.kind === 'anyone' ? 'any key' : identityText({ ...rule.identity, range: undefined })
  if (key === undefined) return `it asks for a signature by ${wanted}, and this was not signed`
  return `it is for the key ${wanted}, and this was signed by ${key}`
}

function nameText({ match, name }: UpdateRule): string {
  if (match === 'name') return name!
  return match === 'wildcard' ? `below ${name!.slice(2)}` : `${name} or below it`
}

function typeFailure(rule: UpdateRule, { type }: Target): string {
  const wanted = typeToText(type)
  if (rule.types.length === 0) return `without types it does not cover ${wanted}; name ${wanted} in it`
  const given = rule.types.map((entry) => typeToText(entry.type)).join(' ')
  return coversType(rule, type) ? '' : `it covers ${given}, not ${wanted}`
}
