import type { Name } from '../../../../shared/dns/name.ts'
import { allowUpdateRule } from '../../../../shared/rules/parse-rule.ts'
import type { UpdateRule } from '../../../../shared/rules/update-rule.ts'
import { done, type FailureDetail, failure, type Outcome } from '../failure.ts'

/** The rules that a list of `--allow-update KEY|CIDR` stands for; all faults at once. */
export function rulesFrom(allowUpdate: readonly string[], apex: Name): Outcome<UpdateRule[]> {
  const rules: UpdateRule[] = []
  const faults: FailureDetail[] = []
  for (const who of allowUpdate) {
    const rule = allowUpdateRule(who, apex)
    if (looksLikeAddresses(who) && !(rule.ok && rule.value.identity.kind === 'unsigned'))
      faults.push({ message: `'${who}' is not an address range such as 10.0.0.0/8 or 2001:db8::/32` })
    else if (rule.ok) rules.push(rule.value)
    else faults.push({ message: `'${who}': ${rule.reason}` })
  }
  if (faults.length === 0) return done(rules)
  return failure('bad-rule', 'Updates can be allowed to the name of a key or to an address range.', faults)
}

/** `10.0.0/8` could be the name of a key, but nobody means one. */
function looksLikeAddresses(who: string): boolean {
  return /^[0-9.]+(\/\d*)?$/.test(who) || (who.includes(':') && /^[0-9a-f:.]+(\/\d*)?$/i.test(who))
}
