import type { EventJson } from '../../services/zone-writer/admin/event-json.ts'
import { type ApiClient, zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { type Column, printTable } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { atTime } from '../time.ts'

const BY_DEFAULT = 50
const PAGE = 1_000
const MOST_LINES = 20

export const log: Command = {
  words: 'log',
  summary: 'Show the history of a zone: who, when, from where, what, the outcome and the serials',
  takes: ['ZONE'],
  options: {
    limit: { type: 'string', value: 'N', what: `show the newest N events (${BY_DEFAULT})` },
  },
  examples: [
    'zonelog log example.com',
    'zonelog log example.com --limit 5',
    'zonelog log example.com --json | jq -r \'select(.outcome != "NOERROR") | .detail\'',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const events = await newest(api, args[0]!, limitOf(options.text('limit')))
    if (json) for (const event of events) terminal.json(await whole(api, event))
    else printTable(terminal, COLUMNS, events, (event) => changes(terminal, event))
  },
}

const COLUMNS: readonly Column<EventJson>[] = [
  { title: '#', text: (event) => String(event.seq), align: 'right' },
  { title: 'TIME (UTC)', text: (event) => atTime(event.time) },
  { title: 'WHO', text: (event) => event.by, shrink: true },
  { title: 'FROM', text: (event) => event.source.address, shrink: true },
  { title: 'BY', text: (event) => event.transport },
  { title: 'EDGE', text: (event) => event.edge, shrink: true, below: 1 },
  { title: 'OUTCOME', text: outcome, colour: (terminal, cell, event) => terminal.colour(mood(event), cell) },
  { title: 'SERIAL', text: serials, below: 2 },
]

function mood(event: EventJson) {
  return event.outcome === 'NOERROR' ? 'green' : 'red'
}

function outcome({ outcome: rcode, reason, kind }: EventJson): string {
  if (reason === 'applied') return kind === 'update' ? rcode : `${rcode} ${kind}`
  return `${rcode} ${reason}`
}

function serials({ serialBefore, serialAfter, kind }: EventJson): string {
  if (kind === 'create') return `→ ${serialAfter}`
  return serialBefore === serialAfter ? String(serialAfter) : `${serialBefore} → ${serialAfter}`
}

function changes(terminal: Terminal, event: EventJson): string[] {
  const all = [
    ...event.removed.map((record) => terminal.colour('red', `- ${record}`)),
    ...event.added.map((record) => terminal.colour('green', `+ ${record}`)),
  ]
  const shown = all.slice(0, MOST_LINES)
  const hidden = event.removedCount + event.addedCount - shown.length
  if (hidden > 0) shown.push(terminal.colour('dim', `  and ${hidden} more records; --json shows them`))
  if (event.outcome !== 'NOERROR' && event.detail !== '') shown.unshift(`! ${event.detail}`)
  return shown
}

/** The newest events, oldest of them first, as a log reads. */
async function newest(api: ApiClient, zone: string, limit: number): Promise<EventJson[]> {
  const events: EventJson[] = []
  let before: number | undefined
  while (events.length < limit) {
    const page: { events: EventJson[]; next?: number } = await api.get(zonePath(zone, '/events'), {
      limit: Math.min(PAGE, limit - events.length),
      before,
    })
    events.push(...page.events)
    if (page.next === undefined) break
    before = page.next
  }
  return events.reverse()
}

/** An event that was cut in its page, with all that it changed. */
async function whole(api: ApiClient, event: EventJson): Promise<EventJson> {
  return event.cut === undefined ? event : await api.get(zonePath(event.zone, `/events/${event.seq}`))
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return BY_DEFAULT
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new CliError(`--limit ${text}: a whole number from 1 is expected`, 2)
}
