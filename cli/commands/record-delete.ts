import type { Command } from '../command.ts'
import { CHANGE_OPTIONS, changeOne } from '../record-change.ts'

export const recordDelete: Command = {
  words: 'record delete',
  summary: 'Delete records, an RRset, or all that a name has',
  takes: ['ZONE', 'NAME', '[TYPE]', '[VALUE...]'],
  options: CHANGE_OPTIONS,
  examples: [
    'zonelog record delete example.com old --dry-run',
    'zonelog record delete example.com www A',
    'zonelog record delete example.com www A 192.0.2.2',
  ],
  run: async (call) => {
    const [, name, type, ...values] = call.args
    await changeOne(call, {
      action: 'delete',
      name: name!,
      ...(type === undefined ? {} : { type }),
      ...(values.length === 0 ? {} : { values }),
    })
  },
}
