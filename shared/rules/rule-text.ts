import { typeToText } from '../dns/codes.ts'
import { isSubdomain, type Name } from '../dns/name.ts'
import { looksAbsolute } from './parse-rule-name.ts'
import type { RuleIdentity, UpdateRule } from './update-rule.ts'

/** The rule in its canonical form: what is stored, and shown. Reading it in the zone `apex` gives the same rule. */
export function ruleText(rule: Omit<UpdateRule, 'text'>, apex: Name): string {
  const { action, identity, types, selfAddress } = rule
  const words = [
    action,
    identityText(identity),
    ...matchWords(rule, apex),
    ...types.map(({ type, most }) => typeToText(type) + (most === undefined ? '' : `(${most})`)),
  ]
  return selfAddress ? `${words.join(' ')} self-address` : words.join(' ')
}

export function identityText({ kind, name, range }: RuleIdentity): string {
  if (kind === 'unsigned') return `ip:${range?.text ?? ''}`
  const who = kind === 'anyone' ? '*' : keyText(name!)
  return range === undefined ? who : `${who}+ip:${range.text}`
}

/** Without the final dot, as keys are shown everywhere; not where the dot is what tells all keys from anyone. */
function keyText(name: Name): string {
  return name === '.' || name === '*.' ? name : name.slice(0, -1)
}

function matchWords({ match, name, identity }: Omit<UpdateRule, 'text'>, apex: Name): string[] {
  if (name === undefined) return [match]
  if (match !== 'zonesub') return [match, relativeName(name, apex)]
  // programs before these rules know zonesub only, and take such an identity for the name of a key
  const isNew = identity.kind === 'keys' || (identity.kind !== 'unsigned' && identity.range !== undefined)
  return isNew ? ['subdomain', '@'] : ['zonesub']
}

function relativeName(name: Name, apex: Name): string {
  if (name === apex) return '@'
  if (apex === '.' || !isSubdomain(name, apex)) return name
  const relative = name.slice(0, -apex.length - 1)
  return looksAbsolute(relative, apex) ? name : relative
}
