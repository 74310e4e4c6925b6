import { useEffect, useState } from 'preact/hooks'
import type { RuleList } from '../../api/operations.ts'
import { session } from '../../api/session.ts'
import { useUnsaved } from '../../parts/unsaved.ts'
import { setQuery } from '../../routing/location.ts'
import { type DraftRule, draftRule, merged, textsOf } from './draft.ts'

type Stored = Pick<RuleList, 'version' | 'rules'>

export interface RulesDraft {
  readonly rules: readonly DraftRule[]
  /** What it began with; it is saved over this version and no other. */
  readonly base: Stored
  /** What somebody else has saved meanwhile, where the draft has changes of its own. */
  readonly newer: Stored | undefined
  setRules(rules: readonly DraftRule[]): void
  setBase(base: Stored): void
  /** What was sent is stored now, in the form that the API gave it. */
  saved(sent: readonly string[], base: Stored): void
}

interface Kept {
  readonly rules: readonly DraftRule[]
  readonly base: Stored
}

/** What was typed and not saved, by zone: it is there again when somebody has looked at another page, until whoever typed it signs out. */
const kept = new Map<string, Kept>()
session.subscribe((who) => {
  if (who === null) kept.clear()
})

/** Rules while they are edited: other lists and rules to add may come, and what was typed stays. */
export function useRulesDraft(
  zone: string,
  stored: Stored,
  added: { readonly rule: string; readonly at: number } | undefined,
): RulesDraft {
  const [base, setBase] = useState(() => kept.get(zone)?.base ?? stored)
  const [rules, setRules] = useState(() => kept.get(zone)?.rules ?? stored.rules.map(draftRule))
  const isNewer = stored.version > base.version
  const isChanged = JSON.stringify(textsOf(rules)) !== JSON.stringify(base.rules)
  const isSame = JSON.stringify(textsOf(rules)) === JSON.stringify(stored.rules)
  useUnsaved(isChanged)
  useEffect(() => {
    if (isChanged) kept.set(zone, { rules, base })
    else kept.delete(zone)
  }, [zone, rules, base, isChanged])
  useEffect(() => {
    if (!isNewer || (isChanged && !isSame)) return
    setBase(stored)
    if (!isSame) setRules(stored.rules.map(draftRule))
  }, [stored.version, isChanged, isSame])
  useEffect(() => {
    if (added === undefined) return
    setRules((now) => merged(now, base.rules, added))
    // it is in the draft now; the same link adds it again once it was removed
    setQuery({ add: undefined, at: undefined })
  }, [added?.rule, added?.at])
  const saved = (sent: readonly string[], next: Stored) => {
    setBase(next)
    const [was, is] = [JSON.stringify(sent), JSON.stringify(next.rules)]
    setRules((now) => (was !== is && JSON.stringify(textsOf(now)) === was ? next.rules.map(draftRule) : now))
  }
  return {
    rules,
    base,
    newer: isNewer && isChanged && !isSame ? stored : undefined,
    setRules,
    setBase,
    saved,
  }
}
