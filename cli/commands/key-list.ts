import type { KeyDescription } from '../../services/zone-writer/admin/keys.ts'
import type { Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const keyList: Command = {
  words: 'key list',
  summary: 'List the TSIG keys, without their secrets',
  examples: ['zonelog key list', "zonelog key list --json | jq -r '.[].name'"],
  run: async ({ api, terminal, json }) => {
    const { keys } = await api.get<{ keys: KeyDescription[] }>('/keys')
    if (json) return terminal.json(keys)
    if (keys.length === 0) return terminal.note('There are no keys yet: zonelog key create NAME')
    printTable(
      terminal,
      [
        { title: 'KEY', text: (key) => key.name, shrink: true },
        { title: 'ALGORITHM', text: (key) => key.algorithm },
        { title: 'CREATED (UTC)', text: (key) => atTime(key.createdAt) },
      ],
      keys,
    )
  },
}
