/** Somebody whom a rule names, in the form that the API asks about. */
export interface Asker {
  /** As the rule has it. */
  readonly identity: string
  readonly key?: string
  readonly from: string
}

/** An address that no rule for unsigned updates means: it is for documentation (RFC 5737). */
const ELSEWHERE = '203.0.113.1'

/** Everybody whom the rules name, each once: a key, an address range (by its first address), both, or anybody. */
export function askersOf(rules: readonly string[]): Asker[] {
  const identities = new Set(rules.map((rule) => rule.trim().split(/\s+/)[1] ?? ''))
  identities.delete('')
  return [...identities].map((identity) => {
    if (identity === '*') return { identity: 'anybody', from: ELSEWHERE }
    const address = /(?:^|\+)ip:([^/]+)/.exec(identity)?.[1]
    const key = identity.startsWith('ip:') ? undefined : identity.split('+')[0]
    return { identity, from: address ?? ELSEWHERE, ...(key === undefined ? {} : { key }) }
  })
}
