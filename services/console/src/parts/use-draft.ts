import { useEffect, useState } from 'preact/hooks'

export type Texts = Readonly<Record<string, string>>

/** What is typed where what is stored has become another: that which nobody has touched goes with it, and the rest stays. */
export function rebased<T extends Texts>(typed: T, before: T, stored: T): T {
  const texts = Object.keys(stored).map((name) => [
    name,
    typed[name] === before[name] ? stored[name] : typed[name],
  ])
  return Object.fromEntries(texts) as T
}

/** Texts of a form that begin as what is stored. Others may change that meanwhile: it shows where nothing was typed, so that nobody takes it back unseen. */
export function useDraft<T extends Texts>(
  stored: T,
): readonly [typed: T, set: (name: keyof T) => (text: string) => void] {
  const [draft, setDraft] = useState({ typed: stored, before: stored })
  const isMoved = JSON.stringify(stored) !== JSON.stringify(draft.before)
  const typed = isMoved ? rebased(draft.typed, draft.before, stored) : draft.typed
  useEffect(() => {
    if (isMoved) setDraft(({ typed, before }) => ({ typed: rebased(typed, before, stored), before: stored }))
  }, [isMoved])
  const set = (name: keyof T) => (text: string) =>
    setDraft((now) => ({ ...now, typed: { ...now.typed, [name]: text } }))
  return [typed, set]
}
