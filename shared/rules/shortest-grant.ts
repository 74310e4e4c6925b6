import type { Name } from '../dns/name.ts'
import { parseRange } from './address-range.ts'
import type { Asker } from './asker.ts'
import type { Target } from './conditions.ts'
import type { Trace } from './judge.ts'
import { ruleText } from './rule-text.ts'
import { nearestGrant } from './sentences.ts'
import type { RuleIdentity, RuleType } from './update-rule.ts'

/** A rule, and where in the list it has to stand: undefined where the end will do. */
export interface WantedRule {
  readonly rule: string
  readonly at: number | undefined
  /** Where the same rule stands now, behind a denial: to be removed before it is put where it has to stand. */
  readonly from?: number
}

/**
 * The least that would allow what these traces refused: for each name the exact name and its types, for the one who asked. A key
 * whose address alone was wrong gets its present address beside it. None for whoever no rule can name.
 */
export function shortestGrants(
  refused: readonly Trace[],
  asker: Asker,
  apex: Name,
  mostOf: (target: Target) => number | undefined = () => undefined,
): WantedRule[] {
  const byName = Map.groupBy(refused, ({ target }) => target.name)
  return [...byName].flatMap(([name, traces]) => {
    const identity = identityFor(traces, asker)
    if (identity === undefined) return []
    const rule = { action: 'grant', identity, match: 'name', name, selfAddress: false } as const
    const types = typesOf(traces, mostOf)
    return [{ rule: ruleText({ ...rule, types }, apex), at: placeBefore(traces) }]
  })
}

function typesOf(traces: readonly Trace[], mostOf: (target: Target) => number | undefined): RuleType[] {
  const types = new Map(traces.map(({ target }) => [target.type, mostOf(target)]))
  return [...types].map(([type, most]) => ({ type, most }))
}

function identityFor(traces: readonly Trace[], { key, address, identity, octets }: Asker) {
  const range = octets.length === 0 ? undefined : parseRange(address.split('%')[0]!)
  if (key !== undefined) {
    const onlyAddress = traces.every(({ considered }) => nearestGrant(considered)?.failed === 'address')
    const who: RuleIdentity = {
      kind: 'key',
      name: key,
      range: onlyAddress && range?.ok ? range.value : undefined,
    }
    return who
  }
  if (identity !== 'unsigned' || range === undefined || !range.ok) return undefined
  return { kind: 'unsigned', name: undefined, range: range.value } satisfies RuleIdentity
}

/** Before the first denial that decided. */
function placeBefore(traces: readonly Trace[]): number | undefined {
  const places = traces.flatMap(({ decided }) => (decided === undefined ? [] : [decided.position]))
  return places.length === 0 ? undefined : Math.min(...places)
}
