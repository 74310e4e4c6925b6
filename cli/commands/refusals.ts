import type { RefusalJson } from '../../services/zone-writer/admin/read-refusals.ts'
import type { ApiClient } from '../api-client.ts'
import { type CallOptions, CliError, type Command } from '../command.ts'
import { type Column, printTable } from '../table.ts'
import { atTime } from '../time.ts'

const BY_DEFAULT = 50
const PAGE = 1_000

export const refusals: Command = {
  words: 'refusals',
  summary: 'Show what edges refused before it became a command: bad signatures, not admitted, malformed',
  options: {
    zone: { type: 'string', value: 'ZONE', what: 'only where the message named this zone' },
    since: {
      type: 'string',
      value: 'T',
      what: 'only what was refused since this time: 2026-11-25T10:00Z, or 2h',
    },
    reason: { type: 'string', value: 'REASON', what: 'only for this reason, such as tsig-badkey' },
    source: { type: 'string', value: 'ADDRESS', what: 'only what came from this address' },
    ref: { type: 'string', value: 'REF', what: 'only what a client was told as this ref' },
    limit: { type: 'string', value: 'N', what: `show the newest N rows (${BY_DEFAULT})` },
  },
  examples: [
    'zonelog refusals --zone example.com --since 1h',
    'zonelog refusals --reason tsig-badsig --json | jq .source',
    'zonelog refusals --ref 3f9a1c2b7d',
  ],
  run: async ({ options, api, terminal, json }) => {
    const rows = await newest(api, options)
    if (json) for (const row of rows) terminal.json(row)
    else if (rows.length === 0) terminal.note('Nothing of the sort was refused.')
    else printTable(terminal, COLUMNS, rows, ({ detail, remedy }) => [`! ${detail}`, `  ${remedy}`])
  },
}

const COLUMNS: readonly Column<RefusalJson>[] = [
  { title: 'LAST (UTC)', text: (row) => atTime(row.lastAt) },
  { title: 'TIMES', text: (row) => String(row.count), align: 'right' },
  { title: 'REASON', text: (row) => row.reason, colour: (terminal, cell) => terminal.colour('red', cell) },
  { title: 'ANSWER', text: (row) => row.outcome ?? 'silence' },
  { title: 'FROM', text: (row) => row.source, shrink: true },
  { title: 'KEY', text: (row) => row.claimedKey || '-', shrink: true },
  { title: 'ZONE', text: (row) => row.zone || '-', shrink: true },
  { title: 'REF', text: (row) => row.auditId, below: 2 },
  { title: 'EDGE', text: (row) => row.edge, shrink: true, below: 1 },
]

/** The newest rows, oldest of them first, as a log reads. */
async function newest(api: ApiClient, options: CallOptions): Promise<RefusalJson[]> {
  const query = {
    zone: options.text('zone'),
    reason: options.text('reason'),
    source: options.text('source'),
    auditId: options.text('ref'),
    since: options.text('since'),
  }
  const limit = limitOf(options.text('limit'))
  const rows: RefusalJson[] = []
  let before: number | undefined
  while (rows.length < limit) {
    const page: { refusals: RefusalJson[]; next?: number } = await api.get('/refusals', {
      ...query,
      limit: Math.min(PAGE, limit - rows.length),
      before,
    })
    rows.push(...page.refusals)
    if (page.next === undefined) break
    before = page.next
  }
  return rows.reverse()
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return BY_DEFAULT
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new CliError(`--limit ${text}: a whole number from 1 is expected`, 2)
}
