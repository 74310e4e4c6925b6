import { setImmediate } from 'node:timers/promises'
import type { Name } from '../../../shared/dns/name.ts'
import { admitsKey, needsKey } from '../../../shared/rules/conditions.ts'
import type { RuleIdentity, UpdateRule } from '../../../shared/rules/update-rule.ts'

/** Somebody whom rules may mean. */
export interface PossibleAsker {
  /** As a rule has it, or the key that a wildcard of a rule covers. */
  readonly identity: string
  readonly key: Name | undefined
  readonly from: string
}

const KEYS_AT_ONCE = 1_000

/** An address that no range of a rule means: it is for documentation (RFC 5737). */
const ELSEWHERE = '203.0.113.1'

/**
 * Everybody whom the rules may mean, each once, in the order of the rules: a key, an address range (by its first address), both, anybody; of a
 * wildcard, and of what self means, each of the `keys` as well. `name` is what they would change. Rules and keys may be many, and this process
 * also commits updates: it lets others in between. Ends with the reason of the signal.
 */
export async function askersOf(
  rules: readonly UpdateRule[],
  name: Name,
  apex: Name,
  keys: readonly Name[],
  signal?: AbortSignal,
): Promise<PossibleAsker[]> {
  const found = new Map<string, PossibleAsker>()
  const add = (asker: PossibleAsker) => {
    const id = `${asker.key ?? ''} ${asker.from}`
    if (!found.has(id)) found.set(id, asker)
  }
  for (const rule of rules) {
    const { identity } = rule
    const from = firstAddress(identity)
    const word = rule.text.split(' ')[1] ?? ''
    add({ identity: identity.kind === 'anyone' ? 'anybody' : word, key: sampleKey(rule, name), from })
    if (identity.kind !== 'keys' && !needsKey(rule)) continue
    // whom a rule denies is known by the rules that grant
    const granting = { ...rule, action: 'grant' as const }
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      for (const key of keys.slice(start, start + KEYS_AT_ONCE))
        if (admitsKey(granting, key, apex)) add({ identity: key, key, from })
      await setImmediate()
      signal?.throwIfAborted()
    }
  }
  return [...found.values()]
}

/** A key that the rule means: its own, one below its wildcard, or where that is the name that is changed, one of that name. */
function sampleKey(rule: UpdateRule, name: Name): Name | undefined {
  const { kind, name: key } = rule.identity
  if (kind === 'unsigned') return undefined
  return kind === 'anyone' ? (needsKey(rule) ? name : undefined) : key
}

function firstAddress({ range }: RuleIdentity): string {
  return range?.text.split('/')[0] ?? ELSEWHERE
}
