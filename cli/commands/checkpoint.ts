import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'

export const checkpoint: Command = {
  words: 'checkpoint',
  summary: "Sign where a zone's history stands now, and print the checkpoint, to be kept elsewhere",
  takes: ['ZONE'],
  options: { list: { type: 'boolean', what: 'print those that there are instead, one a line' } },
  examples: [
    'zonelog checkpoint example.com >> kept.jsonl',
    'zonelog checkpoint example.com --list > kept.jsonl',
  ],
  run: async ({ args, options, api, terminal }) => {
    const path = zonePath(args[0]!, '/checkpoints')
    if (options.list('list').length === 0) return terminal.json(await api.post(path, {}))
    const { checkpoints } = await api.get<{ checkpoints: object[] }>(path)
    for (const each of checkpoints) terminal.json(each)
  },
}
