import { rcodeFromText, typeFromText } from '../../../shared/dns/codes.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { EVENT_KINDS } from '../../../shared/events/zone-event.ts'
import { done, failure, type Outcome } from '../admin/failure.ts'
import { readCanonicalName } from '../admin/names.ts'
import { addressTest } from '../history/event-filter.ts'
import { readTime } from '../history/point.ts'
import type { EventFilter } from '../history/search.ts'
import { nameSchema } from './schemas.ts'

/** How a request says which events it wants. */
export interface EventQuery {
  name?: string
  below?: string
  type?: string
  value?: string
  by?: string
  address?: string
  outcome?: string
  reason?: string
  kind?: string
  since?: string
  until?: string
  fromSerial?: number
  toSerial?: number
}

const word = { type: 'string', minLength: 1, maxLength: 1_024 } as const
const serial = { type: 'integer', minimum: 0, maximum: 0xffff_ffff } as const

export const eventFilterProperties = {
  name: { ...nameSchema, description: 'Events that changed, confirmed or asked about this name.' },
  below: { ...nameSchema, description: 'As name, with all that is below it.' },
  type: { ...word, description: 'Of which a record has this type.' },
  value: { ...word, description: 'Of which a record has this RDATA, or this word in it.' },
  by: {
    ...word,
    description: 'An identity such as key:demo., unsigned, api:NAME; or the name of a key or token.',
  },
  address: { ...word, description: 'Source address, or a range such as 192.0.2.0/24.' },
  outcome: { ...word, description: 'An rcode such as NOERROR or REFUSED.' },
  reason: { ...word, description: 'A reason such as applied, unchanged, prerequisite.' },
  kind: { ...word, enum: EVENT_KINDS },
  since: { ...word, description: 'Decided at this time or later: ISO 8601, or 2h.' },
  until: { ...word, description: 'Decided at this time or before.' },
  fromSerial: { ...serial, description: 'From the event on that led to this serial.' },
  toSerial: { ...serial, description: 'Up to the event that led to this serial.' },
} as const

/** What a query asks for, but for its serials; the failure says what is expected instead. */
export function filterOf(query: EventQuery, now: number): Outcome<EventFilter> {
  const name = query.name ?? query.below
  if (query.name !== undefined && query.below !== undefined)
    return failure('bad-filter', 'Give name or below: below takes the name itself as well.')
  const read = name === undefined ? done<Name | undefined>(undefined) : readCanonicalName(name, 'record')
  if (!read.ok) return read
  const type = query.type === undefined ? undefined : typeFromText(query.type)
  if (query.type !== undefined && type === undefined)
    return failure('bad-filter', `'${query.type}' is not a type: expected one such as A, TXT or TYPE65280.`)
  const rcode = query.outcome === undefined ? undefined : rcodeFromText(query.outcome)
  if (query.outcome !== undefined && rcode === undefined)
    return failure(
      'bad-filter',
      `'${query.outcome}' is not an outcome: expected one such as NOERROR or REFUSED.`,
    )
  const fromAddress = query.address === undefined ? undefined : addressTest(query.address)
  if (query.address !== undefined && fromAddress === undefined)
    return failure('bad-filter', `'${query.address}' is neither an address nor a range such as 192.0.2.0/24.`)
  const times: Partial<Record<'since' | 'until', number>> = {}
  for (const which of ['since', 'until'] as const) {
    const text = query[which]
    const at = text === undefined ? undefined : readTime(text, now)
    if (text !== undefined && at === undefined)
      return failure(
        'bad-filter',
        `${which} '${text}' is no time: expected one such as 2026-11-25T10:00Z, or 2h.`,
      )
    if (at !== undefined) times[which] = at
  }
  return done({
    ...times,
    ...given('name', read.value),
    ...given('below', query.below === undefined ? undefined : true),
    ...given('type', type),
    ...given('value', query.value),
    ...given('identities', query.by === undefined ? undefined : identitiesOf(query.by)),
    ...given('fromAddress', fromAddress),
    ...given('rcode', rcode),
    ...given('reason', query.reason),
    ...given('kind', query.kind),
  })
}

/** `key:demo.` and `unsigned` are as events have them; a bare name is that of a key or of a token. */
function identitiesOf(by: string): string[] {
  const [kind, name] = by.split(/:(.*)/s)
  if (kind === 'key' && name !== undefined) return [`key:${absolute(name)}`]
  if (kind === 'unsigned' || kind === 'system' || name !== undefined) return [by]
  return [`key:${absolute(by)}`, `api:${by}`]
}

function absolute(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower : `${lower}.`
}

function given<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: T })
}
