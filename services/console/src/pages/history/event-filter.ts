import type { Asked } from '../../api/client.ts'
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

/** As the API takes it; a name means what is below it too. */
export function eventQuery({ name, kind, ...filter }: EventFilter) {
  type Query = NonNullable<Asked<'GET /v1/zones/{name}/events'>['query']>
  return {
    ...filter,
    ...(name === undefined ? {} : { below: name }),
    ...(kind === undefined ? {} : { kind: kind as NonNullable<Query['kind']> }),
  }
}
