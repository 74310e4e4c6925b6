import type { EndedKey } from '../../services/zone-writer/admin/keys/revoke-key.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, deleteOrTry, noteDryRun } from '../dry-run.ts'

export const keyDelete: Command = {
  words: 'key delete',
  summary: 'Delete a key with all its secrets, and what is known of their use',
  takes: ['NAME'],
  options: {
    force: { type: 'boolean', what: 'also when rules name it; they stay, and grant nothing' },
    ...DRY_RUN_OPTION,
  },
  examples: ['zonelog key delete laptop'],
  run: async (call) => {
    const { args, options, terminal, json } = call
    const force = options.has('force') ? { force: true } : {}
    const key = await deleteOrTry<EndedKey>(call, 'deleteKey', keyPath(args[0]!), force)
    if (json) return terminal.json(key)
    noteDryRun(terminal, key)
    terminal.line(`key ${key.name} deleted`)
    for (const rule of key.namedBy) terminal.note(`still names it: ${rule}`)
  },
}
