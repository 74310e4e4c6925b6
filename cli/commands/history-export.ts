import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'

export const historyExport: Command = {
  words: 'history export',
  summary: 'Write all events and checkpoints of a zone to a compressed file, which `verify --file` reads',
  takes: ['ZONE', 'FILE'],
  examples: ['zonelog history export example.com example.com.jsonl.gz'],
  run: async ({ args, api, terminal, json }) => {
    const [zone, file] = [args[0]!, args[1]!]
    let lines = 0
    const counted = async function* () {
      for await (const piece of api.text(zonePath(zone, '/history'))) {
        lines += piece.split('\n').length - 1
        yield piece
      }
    }
    // what fails half-way has no end, which verify tells
    await pipeline(counted(), createGzip(), createWriteStream(file, { mode: 0o600 }))
    if (json) terminal.json({ file, lines })
    else terminal.note(`${lines} lines written to ${file}`)
  },
}
