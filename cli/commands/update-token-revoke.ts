import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { UpdateTokenDescription } from '../../services/zone-writer/admin/keys/update-tokens.ts'
import { keyPath, queryText } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'

export const updateTokenRevoke: Command = {
  words: 'update-token revoke',
  summary: 'End a token for HTTP updates at every edge, at once',
  takes: ['KEY', 'NAME'],
  options: DRY_RUN_OPTION,
  examples: ['zonelog update-token revoke customers router-berlin'],
  run: async ({ args, options, api, terminal, json }) => {
    const token = `/update-tokens/${encodeURIComponent(args[1]!)}${queryText(dryRunFrom(options))}`
    const revoked = await api.delete<Tried<UpdateTokenDescription>>(keyPath(args[0]!, token))
    if (json) return terminal.json(revoked)
    noteDryRun(terminal, revoked)
    terminal.note(`token ${revoked.name} of ${revoked.key} revoked`)
  },
}
