import { isIP } from 'node:net'
import { Type } from '../dns/codes.ts'
import type { Name } from '../dns/name.ts'
import { nearest } from '../nearest.ts'
import { parseIdentity } from './parse-identity.ts'
import { isIgnoredName, parseRuleName } from './parse-rule-name.ts'
import { parseTypes } from './parse-types.ts'
import { fault, type RuleFault, type RuleParsed } from './rule-fault.ts'
import { MATCHES, type Match, type UpdateRule } from './update-rule.ts'

export const FORM = 'grant|deny IDENTITY MATCH [NAME] [TYPE[(N)]…] [self-address]'

const SELF_ADDRESS = 'self-address'
/** Matches whose names follow from who sends, so that NAME is idle. BIND wants one all the same. */
const NAMELESS: ReadonlySet<Match> = new Set(['self', 'selfsub', 'selfwild', 'tcp-self', '6to4-self'])

/** Reads a rule of the zone `apex`. A fault says which word is wrong and what was expected in its place. */
export function parseRule(text: string, apex: Name): RuleParsed<UpdateRule> {
  const words = text.trim().split(/\s+/)
  const [action = '', who, matchWord] = words
  if (action !== 'grant' && action !== 'deny') return fault(words, 0, `grant or deny (a rule is ${FORM})`)
  if (who === undefined) return fault(words, 1, 'who: the name of a TSIG key, ip:CIDR, KEY+ip:CIDR or *')
  const match = MATCHES.find((known) => known === matchWord?.toLowerCase())
  if (match === undefined) return fault(words, 2, `one of ${MATCHES.join(', ')}${hint(matchWord, MATCHES)}`)
  const identity = parseIdentity(words, match)
  if (!identity.ok) return identity
  const named = readName(words, match, apex)
  if (!named.ok) return named
  const { name, next } = named.value
  const selfAddress = words.length > next && words.at(-1)!.toLowerCase() === SELF_ADDRESS
  const types = parseTypes(words, next, selfAddress ? words.length - 1 : words.length, action)
  if (!types.ok) return types
  const rule = { action, identity: identity.value, match, name, types: types.value, selfAddress } as const
  return checkSelfAddress(rule, words) ?? { ok: true, value: { ...rule, text: words.join(' ') } }
}

/** The rule that `--allow-update KEY|CIDR` stands for. */
export function allowUpdateRule(who: string, apex: Name): RuleParsed<UpdateRule> {
  const address = who.split('/')[0] ?? ''
  return parseRule(`grant ${isIP(address) === 0 ? who : `ip:${who}`} zonesub ANY`, apex)
}

type Named = { readonly name: Name | undefined; readonly next: number }

function readName(words: readonly string[], match: Match, apex: Name): RuleParsed<Named> {
  if (match === 'zonesub') return { ok: true, value: { name: apex, next: 3 } }
  if (NAMELESS.has(match)) return { ok: true, value: { name: undefined, next: isIgnoredName(words) ? 4 : 3 } }
  const name = parseRuleName(words, match, apex)
  return name.ok ? { ok: true, value: { name: name.value, next: 4 } } : name
}

function checkSelfAddress(rule: Omit<UpdateRule, 'text'>, words: readonly string[]): RuleFault | undefined {
  if (!rule.selfAddress) return undefined
  if (rule.action === 'deny')
    return fault(words, words.length - 1, 'the end: only a grant can limit the value')
  if (rule.types.some(({ type }) => type === Type.A || type === Type.AAAA)) return undefined
  return fault(words, words.length - 1, 'A, AAAA or both before it: it limits what these hold')
}

function hint(word: string | undefined, known: readonly string[]): string {
  const near = word === undefined ? undefined : nearest(word.toLowerCase(), known)
  return near === undefined ? '' : `; did you mean ${near}?`
}
