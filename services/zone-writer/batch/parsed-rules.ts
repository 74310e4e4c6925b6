import { parseRule } from '../../../shared/rules/parse-rule.ts'
import type { UpdateRule } from '../../../shared/rules/update-rule.ts'
import type { ZoneHead } from '../store/zones.ts'

const MOST_ZONES = 10_000

/** What the rules of a zone were read as, so that a list of many is not read again for each batch. */
export class ParsedRules {
  private readonly zones = new Map<number, { texts: readonly string[]; rules: readonly UpdateRule[] }>()

  /** Throws for a rule that this program cannot read, which it must not guess. */
  of({ id, name }: Pick<ZoneHead, 'id' | 'name'>, texts: readonly string[]): readonly UpdateRule[] {
    const known = this.zones.get(id)
    if (known !== undefined && isSame(known.texts, texts)) return known.rules
    const rules = texts.map((text) => {
      const rule = parseRule(text, name)
      if (!rule.ok) throw new Error(`an update rule of the zone cannot be read: ${rule.reason}`)
      return rule.value
    })
    this.zones.delete(id)
    this.zones.set(id, { texts, rules })
    for (const [oldest] of this.zones) {
      if (this.zones.size <= MOST_ZONES) break
      this.zones.delete(oldest)
    }
    return rules
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, index) => text === others[index])
}
