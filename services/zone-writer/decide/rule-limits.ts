import { Rcode, typeToText } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { mostOf } from '../../../shared/rules/rule-types.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import { type Refusal, refusal } from './decision.ts'
import { comparable, type Draft, type TouchedName } from './draft.ts'

interface Limit {
  readonly most: number
  readonly rule: UpdateRule
}

/** The limits `TYPE(N)` of the rules that granted additions, by name and type: the strictest of several. */
export class RuleLimits {
  private readonly limits = new Map<Name, Map<number, Limit>>()

  note(name: Name, type: number, rule: UpdateRule): void {
    const most = mostOf(rule, type)
    if (most === undefined) return
    const types = this.limits.get(name) ?? new Map<number, Limit>()
    const known = types.get(type)
    if (known === undefined || most < known.most) types.set(type, { most, rule })
    this.limits.set(name, types)
  }

  /**
   * Refuses what the whole message (§3.4.2) would leave in excess, where BIND leaves single records out and says NOERROR. A set that
   * is too large already may shrink or get a new TTL; it takes no new value.
   */
  check(draft: Draft): Refusal | undefined {
    if (this.limits.size === 0) return undefined
    for (const touched of draft.touched())
      for (const [type, limit] of this.limits.get(touched.name) ?? [])
        if (exceeds(touched, type, limit.most)) return exceeded(touched, type, limit)
    return undefined
  }
}

function exceeds({ before, after }: TouchedName, type: number, most: number): boolean {
  const now = after.get(type)
  if (now === undefined || now.values.size <= most) return false
  const old = new Set(before.get(type)?.rdata.map((rdata) => comparable(type, rdata)))
  return [...now.values.keys()].some((value) => !old.has(value))
}

function exceeded({ name, after }: TouchedName, type: number, { most, rule }: Limit): Refusal {
  const count = after.get(type)?.values.size
  const detail = `${name} ${typeToText(type)} would have ${count} records; the rule '${rule.text}' allows ${most}`
  return refusal(Rcode.REFUSED, '3.3', 'rule-limit', detail, rule.text)
}
