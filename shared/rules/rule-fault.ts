/** Why a rule could not be read. */
export interface RuleFault {
  readonly ok: false
  /** The word that is wrong; undefined where one is missing. */
  readonly word: string | undefined
  /** Its place in the rule, from 0. */
  readonly at: number
  readonly expected: string
  /** All of it as one clause. */
  readonly reason: string
}

export type RuleParsed<T> = { readonly ok: true; readonly value: T } | RuleFault

export function fault(words: readonly string[], at: number, expected: string, because = ''): RuleFault {
  const word = words[at] === '' ? undefined : words[at]
  const found =
    word === undefined ? `the rule ends after ${at} word${at === 1 ? '' : 's'}` : `'${shortened(word)}'`
  const reason = `${found}${because === '' ? '' : `: ${because}`}; expected: ${expected}`
  return { ok: false, word, at, expected, reason }
}

function shortened(word: string): string {
  return word.length > 80 ? `${word.slice(0, 80)}…` : word
}
