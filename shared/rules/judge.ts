import type { Asker } from './asker.ts'
import { type Condition, failedCondition, failedOfTarget, type Target } from './conditions.ts'
import type { UpdateRule } from './update-rule.ts'

/** The rule that decides: the first whose every condition is met. Undefined when none does, which means no. */
export function decidingRule(
  rules: readonly UpdateRule[],
  asker: Asker,
  target: Target,
): UpdateRule | undefined {
  return rules.find((rule) => failedCondition(rule, asker, target) === undefined)
}

/** As {@link decidingRule}, of rules that are all about this asker (see `rulesAbout`). */
export function decidingRuleAmong(
  rules: readonly UpdateRule[],
  asker: Asker,
  target: Target,
): UpdateRule | undefined {
  for (const rule of rules) if (failedOfTarget(rule, asker, target) === undefined) return rule
  return undefined
}

/** A rule that was looked at. */
export interface ConsideredRule {
  /** Its place in the list, from 1. */
  readonly position: number
  readonly rule: UpdateRule
  /** Undefined when it decided; nothing behind it was looked at. */
  readonly failed: Condition | undefined
}

/** How the rules came to their decision about one name and type. */
export interface Trace {
  readonly target: Target
  readonly allowed: boolean
  /** Undefined when no rule matched. */
  readonly decided: ConsideredRule | undefined
  readonly considered: readonly ConsideredRule[]
}

/** The decision of {@link decidingRule} with every rule that was looked at. For refusals, and for whoever asks. */
export function traceRules(rules: readonly UpdateRule[], asker: Asker, target: Target): Trace {
  const considered: ConsideredRule[] = []
  for (const [index, rule] of rules.entries()) {
    const failed = failedCondition(rule, asker, target)
    const looked = { position: index + 1, rule, failed }
    considered.push(looked)
    if (failed === undefined) return { target, allowed: rule.action === 'grant', decided: looked, considered }
  }
  return { target, allowed: false, decided: undefined, considered }
}
