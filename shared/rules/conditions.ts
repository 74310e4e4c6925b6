import { Type } from '../dns/codes.ts'
import { isSubdomain, type Name, parentOf } from '../dns/name.ts'
import { isInRange } from './address-range.ts'
import type { Asker } from './asker.ts'
import { coversType } from './rule-types.ts'
import type { UpdateRule } from './update-rule.ts'

/** What a rule demands, in the order in which it is looked at. */
export const CONDITIONS = ['transport', 'key', 'address', 'self', 'name', 'type', 'value'] as const
export type Condition = (typeof CONDITIONS)[number]

/** What one operation does to one name and type. */
export interface Target {
  readonly name: Name
  readonly type: number
  readonly isDeletion: boolean
  /** What it puts in or takes away; looked at only where a rule limits the value. */
  readonly values: () => readonly Uint8Array[]
}

/** The first condition that the rule makes and this does not meet; undefined when the rule decides. Allocates nothing. */
export function failedCondition(rule: UpdateRule, asker: Asker, target: Target): Condition | undefined {
  return failedOfAsker(rule, asker) ?? failedOfTarget(rule, asker, target)
}

/** Of the conditions about who asks. */
export function failedOfAsker(rule: UpdateRule, asker: Asker): Condition | undefined {
  const { kind, name, range } = rule.identity
  if (isByAddress(rule)) {
    if (asker.transport !== 'tcp') return 'transport'
    if (kind === 'unsigned' && asker.identity !== 'unsigned') return 'key'
    if (name !== undefined && !identityCovers(rule, ownName(rule, asker))) return 'address'
  } else if (!isRightKey(rule, asker)) return 'key'
  return range === undefined || isInRange(asker.octets, range) ? undefined : 'address'
}

/** Of the conditions about what is asked for. */
export function failedOfTarget(rule: UpdateRule, asker: Asker, target: Target): Condition | undefined {
  const wrong = failedOfName(rule, asker, target.name)
  if (wrong !== undefined) return wrong
  if (!coversType(rule, target.type)) return 'type'
  return !rule.selfAddress || isOwnAddress(rule, asker, target) ? undefined : 'value'
}

/** The first condition that keeps the rule from ever being about this asker in this zone. */
export function failedAdmission(rule: UpdateRule, asker: Asker, apex: Name): Condition | undefined {
  const failed = failedOfAsker(rule, asker)
  if (failed !== undefined) return failed
  const own = ownName(rule, asker)
  return own === undefined || reachesZone(rule, own, apex) ? undefined : 'self'
}

/** Whether the rule may let somebody in because of this key, from whatever address. */
export function admitsKey(rule: UpdateRule, key: Name, apex: Name): boolean {
  const { kind } = rule.identity
  if (rule.action !== 'grant' || isByAddress(rule) || kind === 'unsigned') return false
  // whom a rule lets in without a key gains nothing by one
  if (kind === 'anyone' ? !needsKey(rule) : !identityCovers(rule, key)) return false
  return !needsKey(rule) || reachesZone(rule, key, apex)
}

/** Whether some name of the zone is one that a rule of the self kind means by `own`. */
function reachesZone({ match }: UpdateRule, own: Name, apex: Name): boolean {
  const reachesDown = match === 'selfsub' || match === 'selfwild'
  return isSubdomain(own, apex) || (reachesDown && isSubdomain(apex, own))
}

function isRightKey(rule: UpdateRule, { identity, key }: Asker): boolean {
  switch (rule.identity.kind) {
    case 'anyone':
      return key !== undefined || !needsKey(rule)
    case 'unsigned':
      return identity === 'unsigned'
    default:
      return identityCovers(rule, key)
  }
}

function identityCovers({ identity: { kind, name } }: UpdateRule, who: Name | undefined): boolean {
  if (who === undefined) return false
  return kind === 'keys' ? isBelow(who, parentOf(name!)!) : who === name
}

function failedOfName(rule: UpdateRule, asker: Asker, name: Name): Condition | undefined {
  switch (rule.match) {
    case 'name':
      return name === rule.name ? undefined : 'name'
    case 'subdomain':
    case 'zonesub':
      return isSubdomain(name, rule.name!) ? undefined : 'name'
    case 'wildcard':
      return isBelow(name, parentOf(rule.name!)!) ? undefined : 'name'
    case 'selfsub':
      return isSubdomain(name, asker.key!) ? undefined : 'self'
    case 'selfwild':
      return isBelow(name, asker.key!) ? undefined : 'self'
    default:
      return name === ownName(rule, asker) ? undefined : 'self'
  }
}

/** The name that a rule of the self kind is about; undefined for other rules and for askers without one. */
export function ownName({ match }: UpdateRule, asker: Asker): Name | undefined {
  if (match === 'tcp-self') return asker.reverseName
  if (match === '6to4-self') return asker.sixToFourName
  return match.startsWith('self') ? asker.key : undefined
}

/** Whether the rule is about the name of the key that signed. */
export function needsKey({ match }: UpdateRule): boolean {
  return match === 'self' || match === 'selfsub' || match === 'selfwild'
}

export function isByAddress({ match }: UpdateRule): boolean {
  return match === 'tcp-self' || match === '6to4-self'
}

/** Strictly: as a wildcard in a rule covers names, at any depth. */
export function isBelow(name: Name, of: Name): boolean {
  return name !== of && isSubdomain(name, of)
}

/** Whoever owns the name may take away what is there; others only what is their own. */
function isOwnAddress(rule: UpdateRule, { octets }: Asker, { type, isDeletion, values }: Target): boolean {
  if (type !== Type.A && type !== Type.AAAA) return true
  if (isDeletion && needsKey(rule)) return true
  return values().every((value) => Buffer.compare(value, octets) === 0)
}
