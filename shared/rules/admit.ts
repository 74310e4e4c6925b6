import { Type } from '../dns/codes.ts'
import { isSubdomain, type Name } from '../dns/name.ts'
import type { Asker } from './asker.ts'
import { failedAdmission, failedOfAsker } from './conditions.ts'
import { admissionSentence } from './sentences.ts'
import type { UpdateRule } from './update-rule.ts'

/** What the rules say of somebody who asks to update the zone at all. */
export interface Admission {
  readonly allowed: boolean
  /** The first rule that could grant something, or the one that denies everything. */
  readonly rule: UpdateRule | undefined
  /** Why not; empty when allowed. */
  readonly detail: string
}

/**
 * Whether some rule could grant this asker some record of the zone. Asked before prerequisites are looked at, at the edge and in
 * the writer: a stranger must not probe a zone through rcodes.
 */
export function admit(rules: readonly UpdateRule[], asker: Asker, apex: Name): Admission {
  for (const rule of rules) {
    if (failedAdmission(rule, asker, apex) !== undefined) continue
    if (rule.action === 'grant') return { allowed: true, rule, detail: '' }
    if (isWhole(rule, apex))
      return { allowed: false, rule, detail: admissionSentence(rules, asker, apex, rule) }
  }
  return { allowed: false, rule: undefined, detail: admissionSentence(rules, asker, apex, undefined) }
}

/** The rules whose conditions about the asker are met, in their order. */
export function rulesAbout(rules: readonly UpdateRule[], asker: Asker): readonly UpdateRule[] {
  return rules.filter((rule) => failedOfAsker(rule, asker) === undefined)
}

/** Whether a denial leaves nothing of the zone to grant. */
function isWhole({ match, name, types }: UpdateRule, apex: Name): boolean {
  const isEverywhere = (match === 'subdomain' || match === 'zonesub') && isSubdomain(apex, name!)
  return isEverywhere && types.some(({ type }) => type === Type.ANY)
}
