import { isSubdomain, type Name, parentOf } from '../dns/name.ts'
import type { UpdateRule } from './update-rule.ts'

/** What was probably meant where a rule just misses a name; empty where that is not known. */
export function nameHint({ match, name: wanted }: UpdateRule, name: Name): string {
  if (wanted === undefined) return ''
  if (match === 'wildcard' && parentOf(wanted) === name)
    return `: a wildcard is about names below ${name} only, so use subdomain, or name for it alone`
  if (match === 'name' && wanted.startsWith('*.') && isSubdomain(name, parentOf(wanted)!))
    return ': name means the name with the asterisk itself, so use wildcard or subdomain'
  if (match === 'name' && isSubdomain(name, wanted))
    return ': name is about that name alone, so use subdomain for those below it as well'
  return ''
}

/** `www.example.com.example.com.`: a name without its final dot that the client completed with the zone once more. */
export function undoubled(name: Name, apex: Name): Name | undefined {
  if (apex === '.' || !name.endsWith(`.${apex}${apex}`) || name === apex) return undefined
  return name.slice(0, -apex.length) as Name
}
