import type { CatalogZone } from '../../../shared/catalog.ts'
import { keyIdentity } from '../../../shared/commands.ts'
import { typeToText } from '../../../shared/dns/codes.ts'
import { isSubdomain, type Name } from '../../../shared/dns/name.ts'
import type { ReasonCode } from '../../../shared/reasons.ts'
import { Asker } from '../../../shared/rules/asker.ts'
import type { Target } from '../../../shared/rules/conditions.ts'
import { decidingRule } from '../../../shared/rules/judge.ts'
import type { Authorized } from './credentials/check.ts'

/** The zone that a name lies in, or why this sender may not change it there. */
export type JudgedName =
  | { readonly ok: true; readonly zone: CatalogZone }
  | { readonly ok: false; readonly reason: ReasonCode; readonly detail: string }

/**
 * Judges one name before anything is sent, so that each host of a request gets its own word. The writer judges again, by the rules of its
 * transaction: this can only be stricter by a moment.
 */
export function judgeName(
  name: Name,
  targets: readonly Omit<Target, 'name'>[],
  who: Authorized,
  address: string,
  zoneFor: (name: Name) => CatalogZone | undefined,
): JudgedName {
  const zone = zoneFor(name)
  if (zone === undefined) return no('unknown-zone', `${name} lies in no zone of this server`)
  if (!coversName(who, name))
    return no('http-token-scope', `the token ${who.token?.name} of ${who.key} is not for ${name}`)
  if (zone.unreadable !== undefined) return no('rules-unreadable', zone.unreadable)
  const asker = new Asker(keyIdentity(who.key), { address }, 'http')
  for (const target of targets) {
    const rule = decidingRule(zone.rules, asker, { ...target, name })
    if (rule?.action === 'grant') continue
    const what = `${typeToText(target.type)} of ${name} to ${who.key} from ${address}`
    return rule === undefined
      ? no('not-permitted', `no rule of ${zone.name} grants ${what}`)
      : no('denied', `the rule '${rule.text}' of ${zone.name} denies ${what}`)
  }
  return { ok: true, zone }
}

/** Whether a name is one of those that a token is for; the key's own secret is for all. */
export function coversName({ token }: Authorized, name: Name): boolean {
  return token === undefined || token.names.some((own) => covers(own, name))
}

/** `*.example.com.` is every name below, as in a rule. */
function covers(own: Name, name: Name): boolean {
  if (own === name) return true
  return own.startsWith('*.') && isSubdomain(name, own.slice(2) as Name) && name !== own.slice(2)
}

function no(reason: ReasonCode, detail: string): JudgedName {
  return { ok: false, reason, detail }
}
