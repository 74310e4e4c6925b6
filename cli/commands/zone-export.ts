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
    if (!json) {
      for await (const piece of pieces) await terminal.pour(piece)
      return
    }
    // a JSON object that is written as the zone comes in
    await terminal.pour(`{"name":${JSON.stringify(name)},"zoneFile":"`)
    for await (const piece of pieces) await terminal.pour(JSON.stringify(piece).slice(1, -1))
    terminal.line('"}')
  },
}
