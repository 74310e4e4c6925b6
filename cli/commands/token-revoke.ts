import type { TokenDescription } from '../../services/zone-writer/admin/tokens/manage-tokens.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, deleteOrTry, noteDryRun } from '../dry-run.ts'

export const tokenRevoke: Command = {
  words: 'token revoke',
  summary: 'End a token of the admin API for ever; its name stays taken, because events name it',
  takes: ['NAME'],
  options: DRY_RUN_OPTION,
  examples: ['zonelog token revoke dhcp-team'],
  run: async (call) => {
    const { args, terminal, json } = call
    const path = `/tokens/${encodeURIComponent(args[0]!)}`
    const token = await deleteOrTry<TokenDescription>(call, 'revokeToken', path)
    if (json) return terminal.json(token)
    noteDryRun(terminal, token)
    terminal.line(`token ${token.name} revoked`)
  },
}
