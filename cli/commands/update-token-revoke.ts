import type { UpdateTokenDescription } from '../../services/zone-writer/admin/keys/update-tokens.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'

export const updateTokenRevoke: Command = {
  words: 'update-token revoke',
  summary: 'End a token for HTTP updates at every edge, at once',
  takes: ['KEY', 'NAME'],
  options: {},
  examples: ['zonelog update-token revoke customers router-berlin'],
  run: async ({ args, api, terminal, json }) => {
    const path = keyPath(args[0]!, `/update-tokens/${encodeURIComponent(args[1]!)}`)
    const revoked = await api.delete<UpdateTokenDescription>(path)
    if (json) return terminal.json(revoked)
    terminal.note(`token ${revoked.name} of ${revoked.key} revoked`)
  },
}
