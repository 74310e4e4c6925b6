import type { Name } from '../../../shared/dns/name.ts'
import { parseRule } from '../../../shared/rules/parse-rule.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'

/** Grants everybody everything in a zone. */
export function wholeZone(apex: Name): UpdateRule {
  const rule = parseRule('grant * zonesub ANY NSEC NSEC3', apex)
  if (!rule.ok) throw new Error(rule.reason)
  return rule.value
}
