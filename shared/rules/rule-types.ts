import { Type } from '../dns/codes.ts'
import type { RuleType, UpdateRule } from './update-rule.ts'

/** What a rule without types leaves out, as BIND does: a rule must name them to mean them. */
export const NOT_BY_DEFAULT: ReadonlySet<number> = new Set([
  Type.RRSIG,
  Type.NS,
  Type.SOA,
  Type.NSEC,
  Type.NSEC3,
])

/** Whether a rule is about a type: by its name, by ANY, or because it names none. */
export function coversType(rule: UpdateRule, type: number): boolean {
  if (rule.types.length === 0) return !NOT_BY_DEFAULT.has(type)
  return entryFor(rule, type) !== undefined
}

/** How many records of the type a name may have under the rule; undefined is no limit of the rule. */
export function mostOf(rule: UpdateRule, type: number): number | undefined {
  return entryFor(rule, type)?.most
}

/** The entry that names the type, else ANY. Only by name is NSEC or NSEC3 granted; a denial of ANY is one of everything. */
function entryFor({ action, types }: UpdateRule, type: number): RuleType | undefined {
  let any: RuleType | undefined
  for (const entry of types) {
    if (entry.type === type) return entry
    if (entry.type === Type.ANY) any = entry
  }
  const isSpared = action === 'grant' && (type === Type.NSEC || type === Type.NSEC3)
  return isSpared ? undefined : any
}
