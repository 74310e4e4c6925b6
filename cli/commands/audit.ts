import type { AuditJson } from '../../services/zone-writer/admin/audit.ts'
import { CliError, type Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

const BY_DEFAULT = 50
const PAGE = 1_000

export const audit: Command = {
  words: 'audit',
  summary: 'Show who changed zones, rules, keys and tokens by the API; updates are in the log of their zone',
  options: {
    by: { type: 'string', value: 'TOKEN', what: 'only what this token did' },
    subject: { type: 'string', value: 'WHAT', what: 'only zone, rules, key, token or master-key' },
    name: { type: 'string', value: 'NAME', what: 'only this zone, key or token' },
    since: { type: 'string', value: 'T', what: 'only since this time: 2026-11-25T10:00Z, or 2h' },
    limit: { type: 'string', value: 'N', what: `show the newest N (${BY_DEFAULT})` },
  },
  examples: [
    'zonelog audit --since 1d',
    'zonelog audit --by dhcp-team',
    'zonelog audit --name laptop --json',
  ],
  run: async ({ options, api, terminal, json }) => {
    const limit = Number(options.text('limit') ?? BY_DEFAULT)
    if (!Number.isInteger(limit) || limit < 1)
      throw new CliError(`--limit ${options.text('limit')}: a whole number from 1 is expected`, 2)
    const entries: AuditJson[] = []
    let before: number | undefined
    do {
      const page: { entries: AuditJson[]; next?: number } = await api.get('/audit', {
        by: options.text('by'),
        subject: options.text('subject'),
        name: options.text('name'),
        since: options.text('since'),
        limit: Math.min(PAGE, limit - entries.length),
        before,
      })
      entries.push(...page.entries)
      before = page.next
    } while (before !== undefined && entries.length < limit)
    entries.reverse()
    if (json) for (const entry of entries) terminal.json(entry)
    else if (entries.length === 0) terminal.note('Nothing of the sort was changed by the API.')
    else
      printTable(
        terminal,
        [
          { title: 'TIME (UTC)', text: ({ at }) => atTime(at) },
          { title: 'BY', text: ({ by }) => by, shrink: true },
          { title: 'WHAT', text: ({ subject }) => subject },
          { title: 'NAME', text: ({ name }) => name || '-', shrink: true },
          { title: 'CHANGE', text: ({ change }) => change },
          { title: 'EVENT', text: ({ seq }) => (seq === undefined ? '' : `#${seq}`) },
        ],
        entries,
        ({ detail }) => (detail === '' ? [] : [detail]),
      )
  },
}
