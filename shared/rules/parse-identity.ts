import { canonicalName, type Name, parseName } from '../dns/name.ts'
import { parseRange } from './address-range.ts'
import { fault, type RuleParsed } from './rule-fault.ts'
import type { Match, RuleIdentity } from './update-rule.ts'

const EXPECTED = 'the name of a TSIG key, ip:CIDR, KEY+ip:CIDR or *'
const BY_ADDRESS: ReadonlySet<Match> = new Set(['tcp-self', '6to4-self'])

/** Reads the second word: who sends. */
export function parseIdentity(words: readonly string[], match: Match): RuleParsed<RuleIdentity> {
  const text = words[1]!
  const [, who = text, cidr] = /^(?:(.*)\+)?ip:([^+]*)$/i.exec(text) ?? []
  const range = cidr === undefined ? undefined : parseRange(cidr)
  if (range !== undefined && !range.ok) return fault(words, 1, EXPECTED, range.reason)
  const isUnsigned = range !== undefined && !text.includes('+')
  const identity = isUnsigned ? ({ kind: 'unsigned', name: undefined } as const) : namedIdentity(who)
  if (typeof identity === 'string') return fault(words, 1, EXPECTED, identity)
  const wrong = mismatch(identity, range !== undefined, match)
  if (wrong !== undefined) return fault(words, 1, wrong)
  return { ok: true, value: { ...identity, range: range?.value } }
}

/** The identity that a rule would read in this word; undefined where it could not. */
export function identityFromText(text: string): RuleIdentity | undefined {
  const identity = parseIdentity(['grant', text], 'zonesub')
  return identity.ok ? identity.value : undefined
}

type Who = Pick<RuleIdentity, 'kind' | 'name'>

/** `*` is anyone; `*.` and `*.example.com` are all keys whose names lie below. */
function namedIdentity(text: string): Who | string {
  if (text === '*') return { kind: 'anyone', name: undefined }
  const name = parseName(text)
  if (!name.ok) return name.reason
  const canonical: Name = canonicalName(name.value)
  return { kind: canonical.startsWith('*.') ? 'keys' : 'key', name: canonical }
}

function mismatch({ kind, name }: Who, hasRange: boolean, match: Match): string | undefined {
  if (BY_ADDRESS.has(match))
    return hasRange && name !== undefined
      ? `*, ip:CIDR or a name of the reverse tree, for ${match} asks for no key`
      : undefined
  if (match.startsWith('self') && kind === 'unsigned')
    return `a key, for ${match} is about the name of the key that signed`
  return undefined
}
