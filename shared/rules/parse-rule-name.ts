import { typeFromText } from '../dns/codes.ts'
import { canonicalName, isSubdomain, type Name, parentOf, parseName } from '../dns/name.ts'
import { fault, type RuleParsed } from './rule-fault.ts'
import type { Match } from './update-rule.ts'

/** Reads the fourth word: relative to the zone without a final dot, `@` is the apex. */
export function parseRuleName(words: readonly string[], match: Match, apex: Name): RuleParsed<Name> {
  const text = words[3]
  const expected = match === 'wildcard' ? 'a wildcard such as *.dyn' : 'a name such as www, www.sub or @'
  if (text === undefined) return fault(words, 3, expected)
  const parsed = parseName(text, apex)
  if (!parsed.ok) return fault(words, 3, expected, parsed.reason)
  const name = canonicalName(parsed.value)
  if (match === 'wildcard' && !name.startsWith('*.')) return fault(words, 3, expected)
  if (looksAbsolute(text, apex))
    return fault(
      words,
      3,
      `${text}. with its final dot, or a name relative to the zone`,
      `without a final dot it is relative, and means ${name}`,
    )
  if (!canMatch(name, match, apex))
    return fault(
      words,
      3,
      `a name in the zone ${apex}`,
      `${name} lies outside ${apex} and would match nothing`,
    )
  return { ok: true, value: name }
}

/** What BIND wants where the name follows from the sender: `.`, `*`, or the identity once more. */
export function isIgnoredName(words: readonly string[]): boolean {
  const [, who, , word] = words
  if (word === undefined || typeFromText(word) !== undefined) return false
  return word === '.' || word === '*' || word.toLowerCase() === who?.toLowerCase()
}

/** `www.example.com` in the zone example.com: what was meant can only be guessed, and a guess may grant too much. */
export function looksAbsolute(text: string, apex: Name): boolean {
  if (apex === '.' || text.endsWith('.')) return false
  const absolute = parseName(`${text}.`)
  return absolute.ok && isSubdomain(canonicalName(absolute.value), apex)
}

/** Subtrees may begin above the zone, as in BIND. */
function canMatch(name: Name, match: Match, apex: Name): boolean {
  if (isSubdomain(name, apex)) return true
  const top = match === 'wildcard' ? parentOf(name) : match === 'subdomain' ? name : undefined
  return top !== undefined && isSubdomain(apex, top)
}
