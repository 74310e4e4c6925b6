import type { KeyDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'

export const keyExpire: Command = {
  words: 'key expire',
  summary: 'End all secrets of a key now; `key set NAME --expires never` takes it back',
  takes: ['NAME'],
  examples: ['zonelog key expire laptop'],
  run: async ({ args, api, terminal, json }) => {
    const key = await api.patch<KeyDescription>(keyPath(args[0]!), { expiresAt: 'now' })
    if (json) return terminal.json(key)
    terminal.line(`key ${key.name} has expired: what it signs is refused`)
  },
}
