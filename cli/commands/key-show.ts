import type { KeyDetails } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { keyFacts } from '../keys/key-facts.ts'
import { printFacts } from '../table.ts'
import { atTime } from '../time.ts'

export const keyShow: Command = {
  words: 'key show',
  summary: 'Show one key: the state of its secrets, which rules name it, who changed it',
  takes: ['NAME'],
  examples: ['zonelog key show laptop', "zonelog key show laptop --json | jq '.secrets[].state'"],
  run: async ({ args, api, terminal, json }) => {
    const key = await api.get<KeyDetails>(keyPath(args[0]!))
    if (json) return terminal.json(key)
    printFacts(terminal, keyFacts(key))
    terminal.line(key.namedBy.length === 0 ? 'No rule names it.' : 'Named by:')
    for (const rule of key.namedBy) terminal.line(`  ${rule}`)
    terminal.line('Changes (UTC), newest first:')
    for (const { at, by, change, detail } of key.changes)
      terminal.line(`  ${atTime(at)}  ${by}  ${change} ${detail}`.trimEnd())
  },
}
