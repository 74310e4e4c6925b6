import { zonePath } from '../api-client.ts'
import { AS_OF_OPTIONS, asOfQuery } from '../as-of.ts'
import type { Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'

export const zoneExport: Command = {
  words: 'zone export',
  summary: 'Print the contents of a zone as a zone file, now or as it was',
  takes: ['NAME'],
  options: { ...AS_OF_OPTIONS, ...DELETED_OPTION },
  examples: [
    'zonelog zone export example.com > db.example.com',
    'zonelog zone export example.com | grep TXT',
    'zonelog zone export example.com --time 2026-11-24T18:00Z',
    'zonelog zone export example.com --serial 17',
  ],
  run: async (call) => {
    const { options, api, terminal, json } = call
    const name = await zoneMeant(call)
    const pieces = api.text(zonePath(name, '/export') + asOfQuery(options), (note) => terminal.note(note))
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
