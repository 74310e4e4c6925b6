import type { Name } from '../../../../shared/dns/name.ts'
import { parseRule } from '../../../../shared/rules/parse-rule.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'

/** Rules as they are stored. One that this program cannot read is a fault: it must not guess. */
export function readStoredRules(texts: readonly string[], apex: Name): UpdateRule[] {
  return texts.map((text) => {
    const rule = parseRule(text, apex)
    if (!rule.ok) throw new Error(`an update rule of ${apex} cannot be read: ${rule.reason}`)
    return rule.value
  })
}
