import type { KeyUsage } from '../../services/zone-writer/admin/keys/key-usage.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const keyUsage: Command = {
  words: 'key usage',
  summary: 'Show from which addresses a key was used, with which of its secrets, and when last',
  takes: ['NAME'],
  options: {
    old: { type: 'boolean', what: 'only who used an old secret since the last rotation' },
  },
  examples: ['zonelog key usage laptop', "zonelog key usage laptop --old --json | jq -r '.uses[].source'"],
  run: async ({ args, options, api, terminal, json }) => {
    const old = options.has('old')
    const usage = await api.get<KeyUsage>(keyPath(args[0]!, '/usage'), old ? { old: 'true' } : {})
    if (json) return terminal.json(usage)
    if (usage.uses.length === 0)
      return terminal.note(old ? 'Nobody used an old secret since the last rotation.' : 'Nobody used it yet.')
    printTable(
      terminal,
      [
        { title: 'FROM', text: (use) => use.source, shrink: true },
        { title: 'SECRET', text: (use) => `${use.secret} ${use.state}` },
        { title: 'LAST USE (UTC)', text: (use) => atTime(use.lastAt) },
        { title: 'MESSAGES', text: (use) => String(use.count), align: 'right' },
        { title: 'FIRST USE (UTC)', text: (use) => atTime(use.firstAt), below: 1 },
        {
          title: 'NEWEST SECRET SINCE (UTC)',
          text: (use) =>
            use.secret === usage.newest
              ? ''
              : use.usesNewestSince === null
                ? 'not yet'
                : atTime(use.usesNewestSince),
          below: 2,
        },
      ],
      usage.uses,
    )
  },
}
