import type { UpdateTokenDescription } from '../../services/zone-writer/admin/keys/update-tokens.ts'
import { durationText } from '../../shared/zone-settings.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const updateTokenList: Command = {
  words: 'update-token list',
  summary: 'List the tokens of a key for HTTP updates, and the hosts they are for',
  takes: ['KEY'],
  options: {},
  examples: ['zonelog update-token list customers'],
  run: async ({ args, api, terminal, json }) => {
    const page = await api.get<{ tokens: UpdateTokenDescription[] }>(keyPath(args[0]!, '/update-tokens'))
    if (json) return terminal.json(page)
    if (page.tokens.length === 0) return terminal.note('It has no tokens.')
    printTable(
      terminal,
      [
        { title: 'NAME', text: (token) => token.name },
        { title: 'HOSTS', text: (token) => token.hosts.join(' '), shrink: true },
        { title: 'STATE', text: (token) => token.state },
        {
          title: 'LEASE',
          text: ({ leaseSeconds }) => (leaseSeconds ? durationText(leaseSeconds) : '-'),
          below: 1,
        },
        {
          title: 'FROM',
          text: ({ allowFrom }) => (allowFrom.length === 0 ? 'anywhere' : allowFrom.join(' ')),
          shrink: true,
          below: 2,
        },
        {
          title: 'EXPIRES (UTC)',
          text: (token) => (token.expiresAt === null ? 'never' : atTime(token.expiresAt)),
          below: 1,
        },
        { title: 'CREATED (UTC)', text: (token) => atTime(token.createdAt), below: 2 },
        { title: 'BY', text: (token) => token.createdBy, below: 3 },
      ],
      page.tokens,
    )
  },
}
