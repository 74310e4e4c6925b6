import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { KeyDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'

export const keyExpire: Command = {
  words: 'key expire',
  summary: 'End all secrets of a key now; `key set NAME --expires never` takes it back',
  takes: ['NAME'],
  options: DRY_RUN_OPTION,
  examples: ['zonelog key expire laptop'],
  run: async ({ args, options, api, terminal, json }) => {
    const key = await api.patch<Tried<KeyDescription>>(keyPath(args[0]!), {
      expiresAt: 'now',
      ...dryRunFrom(options),
    })
    if (json) return terminal.json(key)
    noteDryRun(terminal, key)
    terminal.line(`key ${key.name} has expired: what it signs is refused`)
  },
}
