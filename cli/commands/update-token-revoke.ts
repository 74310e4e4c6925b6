import type { UpdateTokenDescription } from '../../services/zone-writer/admin/keys/update-tokens.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, deleteOrTry, noteDryRun } from '../dry-run.ts'

export const updateTokenRevoke: Command = {
  words: 'update-token revoke',
  summary: 'End a token for HTTP updates at every edge, at once',
  takes: ['KEY', 'NAME'],
  options: DRY_RUN_OPTION,
  examples: ['zonelog update-token revoke customers router-berlin'],
  run: async (call) => {
    const { args, terminal, json } = call
    const path = keyPath(args[0]!, `/update-tokens/${encodeURIComponent(args[1]!)}`)
    const revoked = await deleteOrTry<UpdateTokenDescription>(call, 'revokeUpdateToken', path)
    if (json) return terminal.json(revoked)
    noteDryRun(terminal, revoked)
    terminal.note(`token ${revoked.name} of ${revoked.key} revoked`)
  },
}
