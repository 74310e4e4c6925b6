/** A rule while it is being edited; the id stays when it moves, so that the keyboard stays on it. */
export interface DraftRule {
  readonly id: number
  readonly text: string
}

let last = 0

export function draftRule(text: string): DraftRule {
  return { id: ++last, text }
}

/** With the rule at `from` moved to `to`; as it was where that is outside. */
export function moved(rules: readonly DraftRule[], from: number, to: number): readonly DraftRule[] {
  if (to < 0 || to >= rules.length || from === to) return rules
  const next = [...rules]
  const [rule] = next.splice(from, 1)
  next.splice(to, 0, rule!)
  return next
}

/** With a rule put in at a position counted from 1; at the end for 0. */
export function inserted(rules: readonly DraftRule[], text: string, at: number): readonly DraftRule[] {
  const index = at < 1 || at > rules.length ? rules.length : at - 1
  return [...rules.slice(0, index), draftRule(text), ...rules.slice(index)]
}

/** With a rule put in where it would stand in the list that the draft began with; as it was where it is there already. */
export function merged(
  rules: readonly DraftRule[],
  began: readonly string[],
  { rule, at }: { readonly rule: string; readonly at: number },
): readonly DraftRule[] {
  if (textsOf(rules).includes(rule)) return rules
  const place = rules.findIndex(({ text }) => text.trim() === began[at - 1])
  return inserted(rules, rule, place === -1 ? at : place + 1)
}

export function textsOf(rules: readonly DraftRule[]): string[] {
  return rules.map(({ text }) => text.trim()).filter((text) => text !== '')
}
