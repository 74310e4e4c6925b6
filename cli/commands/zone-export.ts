import { zonePath } from '../api-client.ts'
import { AS_OF_OPTIONS, asOfQuery } from '../as-of.ts'
import type { Call, Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'
import { Progress } from '../progress.ts'

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
      for await (const piece of watched(call, name, pieces)) await terminal.pour(piece)
      return
    }
    // a JSON object that is written as the zone comes in
    await terminal.pour(`{"name":${JSON.stringify(name)},"zoneFile":"`)
    for await (const piece of pieces) await terminal.pour(JSON.stringify(piece).slice(1, -1))
    terminal.line('"}')
  },
}

/** The pieces, and on a terminal how far they are, where they go elsewhere. How many there will be is known of the present zone only. */
async function* watched(
  { api, options, terminal }: Call,
  name: string,
  pieces: AsyncIterable<string>,
): AsyncGenerator<string> {
  const live = terminal.isRead ? undefined : terminal.live
  const isNow = asOfQuery(options) === '' && !options.has('deleted')
  const all =
    live && isNow ? await api.get<{ records: number }>(zonePath(name)).catch(() => undefined) : undefined
  const progress = new Progress(live)
  let records = 0
  try {
    for await (const piece of pieces) {
      records += piece.split('\n').length - 1
      progress.update(() => ({ records, part: all && Math.min(1, records / Math.max(1, all.records)) }))
      yield piece
    }
  } finally {
    progress.clear()
  }
}
