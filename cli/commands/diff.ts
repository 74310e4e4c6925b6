import { queryText, zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'

export const diff: Command = {
  words: 'diff',
  summary: 'Show the net difference between two moments of a zone, in the order of IXFR (RFC 1995)',
  takes: ['ZONE', 'FROM', 'TO'],
  options: {
    unified: { type: 'boolean', what: 'as a unified diff, RRset by RRset' },
    ...DELETED_OPTION,
    below: { type: 'string', value: 'NAME', what: 'only this name and what is below it' },
  },
  examples: [
    'zonelog diff example.com 17 20',
    'zonelog diff example.com 2h now --unified',
    "zonelog diff example.com '#1' now --below lab.example.com",
    'zonelog diff example.com 2026-11-24T18:00Z now --json | jq .added',
  ],
  run: async (call) => {
    const { args, options, api, terminal, json } = call
    const unified = options.list('unified').length > 0
    if (unified && json) throw new CliError('--unified and --json: give one of them', 2)
    const query = {
      from: args[1],
      to: args[2],
      below: options.text('below'),
      format: json ? 'json' : unified ? 'unified' : 'ixfr',
    }
    const zone = await zoneMeant(call)
    for await (const piece of api.text(zonePath(zone, '/diff') + queryText(query), (note) =>
      terminal.note(note),
    ))
      await terminal.pour(piece)
  },
}
