import { BlockList, isIP } from 'node:net'
import type { Identity, Source } from '../commands.ts'
import { canonicalName, type Name, parseName } from '../dns/name.ts'
import type { TextParsed } from '../dns/result.ts'

/** Whom a rule speaks of. */
export type RuleIdentity =
  | { readonly kind: 'key'; readonly name: Name }
  | { readonly kind: 'address'; readonly cidr: string; readonly matches: (address: string) => boolean }
  | { readonly kind: 'anyone' }

/**
 * `grant|deny IDENTITY zonesub ANY`: IDENTITY is a TSIG key's name, `ip:CIDR` for unsigned updates, or `*`. First match wins,
 * default deny. Matching by name and type within the zone enters here, and only here.
 */
export interface UpdateRule {
  readonly action: 'grant' | 'deny'
  readonly identity: RuleIdentity
  /** The rule as the operator wrote it. */
  readonly text: string
}

const FORM = 'expected: grant|deny KEY|ip:CIDR|* zonesub ANY'

export function parseRule(text: string): TextParsed<UpdateRule> {
  const [action, who, match, types, ...more] = text.trim().split(/\s+/)
  if (action !== 'grant' && action !== 'deny')
    return { ok: false, reason: `'${action}' is not an action; ${FORM}` }
  if (who === undefined) return { ok: false, reason: `who is missing; ${FORM}` }
  if (match !== 'zonesub')
    return { ok: false, reason: `'${match ?? ''}' is not a match that is known here; ${FORM}` }
  if (types !== 'ANY' || more.length > 0)
    return { ok: false, reason: `'${types ?? ''}' is not known here; ${FORM}` }
  const identity = parseIdentity(who)
  if (!identity.ok) return identity
  return { ok: true, value: { action, identity: identity.value, text: `${action} ${who} zonesub ANY` } }
}

/** The rule that `--allow-update KEY|CIDR` stands for. */
export function allowUpdateRule(who: string): TextParsed<UpdateRule> {
  const address = who.split('/')[0] ?? ''
  return parseRule(`grant ${isIP(address) === 0 ? who : `ip:${who}`} zonesub ANY`)
}

function parseIdentity(who: string): TextParsed<RuleIdentity> {
  if (who === '*') return { ok: true, value: { kind: 'anyone' } }
  if (who.startsWith('ip:')) return parseCidr(who.slice(3))
  const name = parseName(who)
  if (!name.ok) return { ok: false, reason: `'${who}' is neither ip:CIDR nor a key's name: ${name.reason}` }
  return { ok: true, value: { kind: 'key', name: canonicalName(name.value) } }
}

function parseCidr(cidr: string): TextParsed<RuleIdentity> {
  const [address = '', prefix, ...more] = cidr.split('/')
  const family = isIP(address)
  const longest = family === 4 ? 32 : 128
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (family === 0 || more.length > 0 || length < 0 || length > longest)
    return { ok: false, reason: `'${cidr}' is not an address range such as 10.0.0.0/8 or 2001:db8::/32` }
  const list = new BlockList()
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(address, length, kind)
  return {
    ok: true,
    value: { kind: 'address', cidr, matches: (other) => isIP(other) === family && list.check(other, kind) },
  }
}

/** What the rules say of an identity that asks to update the zone at all. */
export type Admission = {
  readonly allowed: boolean
  readonly rule: UpdateRule | undefined
  readonly detail: string
}

/** First match wins, default deny. A refusal always says which rule, or that none matched. */
export function admit(rules: readonly UpdateRule[], identity: Identity, source: Source): Admission {
  const rule = rules.find((candidate) => concerns(candidate.identity, identity, source))
  if (rule === undefined)
    return {
      allowed: false,
      rule,
      detail: `no rule of ${rules.length} matched ${identity} from ${source.address}`,
    }
  if (rule.action === 'deny') return { allowed: false, rule, detail: `denied by the rule '${rule.text}'` }
  return { allowed: true, rule, detail: '' }
}

function concerns(who: RuleIdentity, identity: Identity, source: Source): boolean {
  switch (who.kind) {
    case 'anyone':
      return true
    case 'key':
      return identity === `key:${who.name}`
    case 'address':
      return identity === 'unsigned' && who.matches(source.address)
  }
}
