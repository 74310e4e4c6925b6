import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { TokenDescription } from '../../services/zone-writer/admin/tokens/manage-tokens.ts'
import { queryText } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'

export const tokenRevoke: Command = {
  words: 'token revoke',
  summary: 'End a token of the admin API for ever; its name stays taken, because events name it',
  takes: ['NAME'],
  options: DRY_RUN_OPTION,
  examples: ['zonelog token revoke dhcp-team'],
  run: async ({ args, options, api, terminal, json }) => {
    const path = `/tokens/${encodeURIComponent(args[0]!)}${queryText(dryRunFrom(options))}`
    const token = await api.delete<Tried<TokenDescription>>(path)
    if (json) return terminal.json(token)
    noteDryRun(terminal, token)
    terminal.line(`token ${token.name} revoked`)
  },
}
