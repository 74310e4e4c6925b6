import type { Asked } from '../../api/client.ts'
import { inViewersZone } from '../../parts/typed-time.ts'
import { query } from '../../routing/location.ts'

/** What narrows the list of events; it lives in the address bar, so that a view can be sent to somebody. */
export const FILTERS = ['name', 'type', 'by', 'address', 'outcome', 'kind', 'since', 'until'] as const
export type FilterName = (typeof FILTERS)[number]
export type EventFilter = Partial<Record<FilterName, string>>

export function filterFromAddress(): EventFilter {
  const filter: EventFilter = {}
  for (const name of FILTERS) {
    const value = query.value.get(name)
    if (value !== null && value !== '') filter[name] = value
  }
  return filter
}

/** What was typed, as it goes to the address bar; an empty text takes a filter away. */
export function addressOfFilter(typed: EventFilter): Record<FilterName, string> {
  const words = Object.fromEntries(FILTERS.map((name) => [name, (typed[name] ?? '').trim()]))
  return { ...words, since: inViewersZone(words.since!), until: inViewersZone(words.until!) } as Record<
    FilterName,
    string
  >
}

/** As the API takes it; a name means what is below it too. */
export function eventQuery({ name, kind, ...filter }: EventFilter) {
  type Query = NonNullable<Asked<'GET /v1/zones/{name}/events'>['query']>
  return {
    ...filter,
    ...(name === undefined ? {} : { below: name }),
    ...(kind === undefined ? {} : { kind: kind as NonNullable<Query['kind']> }),
  }
}
