import type { ChangedVerdict, TriedRules } from '../../services/zone-writer/explain/tally.ts'
import { type ApiClient, zonePath } from '../api-client.ts'

/** Each request is about a part of a history that may be long. */
const TIMEOUT_MS = 10 * 60_000
const EXAMPLES = 3

/** The trial of a whole history: the API tells of some events at a time. */
export async function tryAll(
  api: Pick<ApiClient, 'post'>,
  zone: string,
  body: { readonly rules: readonly string[]; readonly since?: string; readonly limit?: number },
): Promise<Omit<TriedRules, 'next'>> {
  const ask = async (after: number | undefined) =>
    await api.post<TriedRules>(zonePath(zone, '/rules/try'), { ...body, ...(after && { after }) }, TIMEOUT_MS)
  let { next, ...all } = await ask(undefined)
  while (next !== undefined) {
    const { next: then, ...more } = await ask(next)
    all = together(all, more)
    next = then
  }
  return all
}

/** What two parts say, the second of later events. */
function together(first: TriedRules, second: TriedRules): TriedRules {
  const changed = new Map(first.changed.map((verdict) => [kindOf(verdict), verdict]))
  for (const verdict of second.changed) {
    const { count = 0, events = [] } = changed.get(kindOf(verdict)) ?? {}
    changed.set(kindOf(verdict), {
      ...verdict,
      count: count + verdict.count,
      events: [...events, ...verdict.events].slice(-EXAMPLES),
    })
  }
  return {
    ...first,
    updates: first.updates + second.updates,
    refusedThen: first.refusedThen + second.refusedThen,
    refusedNow: first.refusedNow + second.refusedNow,
    newlyRefused: first.newlyRefused + second.newlyRefused,
    newlyAllowed: first.newlyAllowed + second.newlyAllowed,
    changed: [...changed.values()].toSorted((a, b) => b.count - a.count),
    hidden: first.hidden + second.hidden,
  }
}

function kindOf({ change, by, source, name, type }: ChangedVerdict): string {
  return [change, by, source, name, type].join(' ')
}
