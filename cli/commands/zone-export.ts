import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'

export const zoneExport: Command = {
  words: 'zone export',
  summary: 'Print the contents of a zone as a zone file',
  takes: ['NAME'],
  examples: [
    'zonelog zone export example.com > db.example.com',
    'zonelog zone export example.com | grep TXT',
  ],
  run: async ({ args, api, terminal, json }) => {
    const name = args[0]!
    const pieces = api.text(zonePath(name, '/export'))
    let zoneFile = ''
    for await (const piece of pieces) {
      if (json) zoneFile += piece
      else terminal.raw(piece)
    }
    if (json) terminal.json({ name, zoneFile })
  },
}
