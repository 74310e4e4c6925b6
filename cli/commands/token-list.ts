import type { TokenDescription } from '../../services/zone-writer/admin/tokens/manage-tokens.ts'
import type { Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const tokenList: Command = {
  words: 'token list',
  summary: 'List the tokens of the admin API and what they may do, never what they are',
  examples: ['zonelog token list', 'zonelog token list --json | jq \'.[] | select(.state == "active")\''],
  run: async ({ api, terminal, json }) => {
    const tokens = await api.all<TokenDescription>('/tokens', 'tokens')
    if (json) return terminal.json(tokens)
    printTable(
      terminal,
      [
        { title: 'TOKEN', text: (token) => token.name, shrink: true },
        { title: 'ROLE', text: (token) => token.role },
        { title: 'STATE', text: (token) => token.state },
        { title: 'ZONES', text: (token) => token.zones?.join(', ') ?? 'all', shrink: true },
        {
          title: 'EXPIRES (UTC)',
          text: ({ expiresAt }) => (expiresAt === null ? 'never' : atTime(expiresAt)),
        },
        {
          title: 'LAST USE (UTC)',
          text: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : atTime(lastUsedAt)),
        },
        { title: 'CREATED BY', text: (token) => token.createdBy, below: 1 },
        { title: 'CREATED (UTC)', text: (token) => atTime(token.createdAt), below: 2 },
      ],
      tokens,
    )
  },
}
