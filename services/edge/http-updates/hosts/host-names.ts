import { domainToASCII } from 'node:url'
import { canonicalName, labelsOf, type Name, parseName } from '../../../../shared/dns/name.ts'

/** As the dyndns2 protocol had it. */
export const MOST_HOSTS = 20

/** One host of a request: undefined where its text is no name that could be one. */
export interface AskedHost {
  readonly text: string
  readonly name: Name | undefined
}

/** The hosts that a request names, in their order; more than {@link MOST_HOSTS} are not read. */
export function hostsIn(values: readonly string[]): string[] {
  const hosts: string[] = []
  for (const value of values)
    for (const text of value.split(/[\s,;]+/, MOST_HOSTS + 2)) if (text !== '') hosts.push(text)
  return hosts
}

/**
 * The name of a host. A single label is one of `own`, the names that the sender is known to have, if only one of these begins with it;
 * else it is no host name.
 */
export function hostName(text: string, own: readonly Name[]): Name | undefined {
  // what a router was to put a name in place of
  if (/[%<>{}]/.test(text)) return undefined
  const parsed = parseName(/[^\0-\x7f]/.test(text) ? domainToASCII(text) : text)
  if (!parsed.ok) return undefined
  const name = canonicalName(parsed.value)
  if (labelsOf(name).length > 1) return name
  const meant = own.filter((candidate) => candidate.startsWith(name))
  return meant.length === 1 ? meant[0] : undefined
}
