import type { EndedKey } from '../../services/zone-writer/admin/keys/revoke-key.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'

export const keyDelete: Command = {
  words: 'key delete',
  summary: 'Delete a key with all its secrets, and what is known of their use',
  takes: ['NAME'],
  options: { force: { type: 'boolean', what: 'also when rules name it; they stay, and grant nothing' } },
  examples: ['zonelog key delete laptop'],
  run: async ({ args, options, api, terminal, json }) => {
    const key = await api.delete<EndedKey>(keyPath(args[0]!, options.has('force') ? '?force=true' : ''))
    if (json) return terminal.json(key)
    terminal.line(`key ${key.name} deleted`)
    for (const rule of key.namedBy) terminal.note(`still names it: ${rule}`)
  },
}
