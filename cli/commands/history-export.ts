import type { Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'
import { writeHistoryFile } from '../history-file.ts'

export const historyExport: Command = {
  words: 'history export',
  summary: 'Write all events and checkpoints of a zone to a compressed file, which `verify --file` reads',
  takes: ['ZONE', 'FILE'],
  options: { ...DELETED_OPTION },
  examples: ['zonelog history export example.com example.com.jsonl.gz'],
  run: async (call) => {
    const { file, lines } = await writeHistoryFile(call, await zoneMeant(call), call.args[1]!)
    if (call.json) call.terminal.json({ file, lines })
    else call.terminal.note(`${lines} lines written to ${file}`)
  },
}
