import type { TokenDescription } from '../../services/zone-writer/admin/tokens/manage-tokens.ts'
import type { Command } from '../command.ts'

export const tokenRevoke: Command = {
  words: 'token revoke',
  summary: 'End a token of the admin API for ever; its name stays taken, because events name it',
  takes: ['NAME'],
  examples: ['zonelog token revoke dhcp-team'],
  run: async ({ args, api, terminal, json }) => {
    const token = await api.delete<TokenDescription>(`/tokens/${encodeURIComponent(args[0]!)}`)
    if (json) return terminal.json(token)
    terminal.line(`token ${token.name} revoked`)
  },
}
