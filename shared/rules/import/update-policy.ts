import { typeFromText } from '../../dns/codes.ts'
import { MATCHES, type Match } from '../update-rule.ts'
import type { BindToken, Statement } from './bind-tokens.ts'
import type { ImportDraft } from './finding.ts'

/** BIND's own matches for what is not here: names in Kerberos and Active Directory, and programs that decide. */
const NOT_HERE: Readonly<Record<string, string>> = {
  'krb5-self': 'GSS-TSIG is not here',
  'krb5-selfsub': 'GSS-TSIG is not here',
  'krb5-subdomain': 'GSS-TSIG is not here',
  'krb5-subdomain-self-rhs': 'GSS-TSIG is not here',
  'ms-self': 'GSS-TSIG is not here',
  'ms-selfsub': 'GSS-TSIG is not here',
  'ms-subdomain': 'GSS-TSIG is not here',
  'ms-subdomain-self-rhs': 'GSS-TSIG is not here',
  external: 'no program is asked for a decision here',
}
const BY_ADDRESS: ReadonlySet<string> = new Set(['tcp-self', '6to4-self'])
/** Their name follows from who sends; BIND wants one all the same and does not look at it. */
const NAMELESS: ReadonlySet<string> = new Set(['self', 'selfsub', 'selfwild', 'tcp-self', '6to4-self'])
const LOCAL_KEY = 'local-ddns'

/** BIND's `update-policy local;`. */
export function importLocalPolicy(at: BindToken, draft: ImportDraft): void {
  draft.note(
    at,
    `local is the key ${LOCAL_KEY}, which named makes for itself, from this machine only: create one of that name here; 127.0.0.0/8 and ::1 are carried over`,
  )
  for (const range of ['127.0.0.0/8', '::1']) draft.add(`grant ${LOCAL_KEY}+ip:${range} subdomain @ ANY`)
}

/** BIND's `update-policy { … }`: an ordered list, of which the first rule that matches decides, as here. */
export function importUpdatePolicy(block: readonly Statement[], draft: ImportDraft): void {
  for (const { words, block: inner } of block) {
    const [action, identity, match, ...rest] = words
    if (inner !== undefined || action === undefined) continue
    if (action.word !== 'grant' && action.word !== 'deny')
      draft.refuse(action, `'${action.word}' is not grant or deny`)
    else if (identity === undefined || match === undefined)
      draft.refuse(action, 'the rule ends too early: it is grant|deny IDENTITY MATCH [NAME] [TYPES]')
    else importRule(action, identity, match, rest, draft)
  }
}

function importRule(
  action: BindToken,
  identity: BindToken,
  matchWord: BindToken,
  rest: readonly BindToken[],
  draft: ImportDraft,
): void {
  const isDenial = action.word === 'deny'
  const absent = NOT_HERE[matchWord.word.toLowerCase()]
  if (absent !== undefined) {
    draft.leaveOut(matchWord, isDenial, `${matchWord.word} cannot be carried over: ${absent}`)
    return
  }
  const rule = readRule(identity, matchWord, rest)
  if ('fault' in rule) {
    draft.refuse(rule.at, rule.fault)
    return
  }
  if (rule.hasNumbers && !isDenial)
    draft.note(
      matchWord,
      'what exceeds the number is refused here; BIND leaves single records out and says NOERROR',
    )
  draft.add(`${action.word} ${rule.words.join(' ')}`)
}

type ReadRule = { readonly words: readonly string[]; readonly hasNumbers: boolean }
type Fault = { readonly at: BindToken; readonly fault: string }

function readRule(identity: BindToken, matchWord: BindToken, rest: readonly BindToken[]): ReadRule | Fault {
  const match = MATCHES.find((known) => known === matchWord.word.toLowerCase())
  if (match === undefined) return { at: matchWord, fault: `'${matchWord.word}' is not a match that BIND has` }
  const [name, types] = split(match, rest)
  if (match !== 'zonesub' && !NAMELESS.has(match) && name === undefined)
    return { at: matchWord, fault: `a name is missing behind ${match}` }
  const unknown = types.find(({ word }) => typeFromText(typeText(word)) === undefined)
  if (unknown !== undefined) return { at: unknown, fault: `'${unknown.word}' is not a type of records` }
  const words = [
    identityText(identity, match),
    match,
    ...(name === undefined || NAMELESS.has(match) ? [] : [absolute(name.word)]),
    ...types.map(({ word }) => word.toUpperCase()),
  ]
  return { words, hasNumbers: types.some(({ word }) => word.endsWith(')')) }
}

function typeText(word: string): string {
  return word.replace(/\(\d+\)$/, '')
}

/** Names of named.conf are absolute, with and without a final dot. */
function split(match: Match, rest: readonly BindToken[]): [BindToken | undefined, readonly BindToken[]] {
  if (match === 'zonesub') return [undefined, rest]
  const [name, ...types] = rest
  if (name === undefined) return [undefined, []]
  const isType = NAMELESS.has(match) && typeFromText(typeText(name.word)) !== undefined
  return isType ? [undefined, rest] : [name, types]
}

/** An asterisk is any key in BIND, and anybody at all here; where no key is asked for it is the same. */
function identityText({ word }: BindToken, match: Match): string {
  if (word === '*' || word === '*.') return BY_ADDRESS.has(match) ? '*' : '*.'
  return word.replace(/\.$/, '')
}

function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}
