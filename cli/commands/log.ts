import type { EventJson } from '../../services/zone-writer/admin/event-json.ts'
import { type ApiClient, zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'
import { changes, EVENT_COLUMNS, eventLine } from '../event-text.ts'
import { printTable } from '../table.ts'

const BY_DEFAULT = 50
const PAGE = 1_000

/** Options that go to the API under the same name. */
const FILTERS = {
  name: { type: 'string', value: 'NAME', what: 'only what changed, confirmed or asked about this name' },
  below: { type: 'string', value: 'NAME', what: 'as --name, with all that is below it' },
  type: { type: 'string', value: 'TYPE', what: 'only what speaks of a record of this type' },
  value: { type: 'string', value: 'RDATA', what: 'only what speaks of this value, or of one with this word' },
  by: { type: 'string', value: 'IDENTITY', what: 'only this key (demo), unsigned, or api:TOKEN' },
  address: { type: 'string', value: 'CIDR', what: 'only from this source address or range' },
  outcome: { type: 'string', value: 'RCODE', what: 'only with this outcome: NOERROR, REFUSED, …' },
  reason: {
    type: 'string',
    value: 'REASON',
    what: 'only for this reason: applied, unchanged, prerequisite, …',
  },
  kind: { type: 'string', value: 'KIND', what: 'only events of this kind: update, import, …' },
  since: { type: 'string', value: 'T', what: 'only since this time: 2026-11-25T10:00Z, or 2h' },
  until: { type: 'string', value: 'T', what: 'only until this time' },
  'from-serial': { type: 'string', value: 'N', what: 'from the event on that led to this serial' },
  'to-serial': { type: 'string', value: 'N', what: 'up to the event that led to this serial' },
} as const

export const log: Command = {
  words: 'log',
  summary: 'Show the history of a zone: who, when, from where, what, the outcome and the serials',
  takes: ['ZONE'],
  options: {
    limit: { type: 'string', value: 'N', what: `show the newest N events (${BY_DEFAULT})` },
    all: { type: 'boolean', what: 'show all events, the oldest first, as they are read' },
    ...DELETED_OPTION,
    follow: { type: 'boolean', what: 'then go on with the events that come, until Ctrl-C' },
    ...FILTERS,
  },
  examples: [
    'zonelog log example.com',
    'zonelog log example.com --name www.example.com --by demo --since 7d',
    'zonelog log example.com --below lab.example.com --outcome REFUSED',
    'zonelog log example.com --follow --json',
    'zonelog log example.com --deleted',
    'zonelog log example.com --all --json | jq -r \'select(.outcome != "NOERROR") | .detail\'',
  ],
  run: async (typed) => {
    const call = { ...typed, args: [await zoneMeant(typed)] }
    const { options } = call
    const filter = filterOf(call)
    const whole = options.list('all').length > 0
    if (whole && options.text('limit') !== undefined)
      throw new CliError('--all and --limit: give one of them', 2)
    const last = whole ? await showAll(call, filter) : await showNewest(call, filter)
    if (options.list('follow').length > 0) await follow(call, filter, last)
  },
}

type Filter = Readonly<Record<string, string | undefined>>

interface Page {
  readonly events: readonly EventJson[]
  readonly next?: number
}

function filterOf({ options }: Call): Filter {
  const names = { 'from-serial': 'fromSerial', 'to-serial': 'toSerial' } as Record<string, string>
  return Object.fromEntries(Object.keys(FILTERS).map((name) => [names[name] ?? name, options.text(name)]))
}

/** The newest events, oldest of them first, as a log reads; the number of the last one. */
async function showNewest({ api, args, options, json, terminal }: Call, filter: Filter): Promise<number> {
  const limit = limitOf(options.text('limit'))
  const events: EventJson[] = []
  for (let before: number | undefined; events.length < limit; ) {
    const page: Page = await api.get(zonePath(args[0]!, '/events'), {
      ...filter,
      limit: Math.min(PAGE, limit - events.length),
      before,
    })
    events.push(...page.events)
    if (page.next === undefined) break
    before = page.next
  }
  events.reverse()
  if (json) for (const event of events) terminal.json(await complete(api, event))
  else printTable(terminal, EVENT_COLUMNS, events, (event) => changes(terminal, event))
  return events.at(-1)?.seq ?? 0
}

async function showAll({ api, args, json, terminal }: Call, filter: Filter): Promise<number> {
  let last = 0
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: Page = await api.get(zonePath(args[0]!, '/events'), {
      ...filter,
      limit: PAGE,
      order: 'oldest',
      after,
    })
    for (const event of page.events) {
      last = event.seq
      if (json) await terminal.pour(`${JSON.stringify(await complete(api, event))}\n`)
      else for (const line of eventLine(terminal, event)) await terminal.pour(`${line}\n`)
    }
    after = page.next
  }
  return last
}

/** Until the writer goes away, which ends with an error that says so; Ctrl-C ends it at any time. */
async function follow({ api, args, json, terminal }: Call, filter: Filter, last: number): Promise<void> {
  const { fromSerial: _from, toSerial: _to, ...kept } = filter
  const after = last === 0 ? undefined : String(last)
  for await (const event of api.lines<EventJson>(zonePath(args[0]!, '/events/follow'), { ...kept, after }))
    if (json) terminal.json(event)
    else for (const line of eventLine(terminal, event)) terminal.line(line)
  throw new CliError('The writer has ended the connection; run the command again to go on.')
}

/** An event that was cut in its page, with all that it changed. */
async function complete(api: ApiClient, event: EventJson): Promise<EventJson> {
  return event.cut === undefined ? event : await api.get(zonePath(event.zone, `/events/${event.seq}`))
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return BY_DEFAULT
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new CliError(`--limit ${text}: a whole number from 1 is expected`, 2)
}
