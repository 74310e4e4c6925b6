import type { Command } from '../command.ts'
import { buildConsole } from '../console-build.ts'

export const writer: Command = {
  words: 'writer',
  summary: 'Run one zone-writer with the admin API; needs Postgres and NATS',
  examples: [
    'zonelog writer',
    'ZONELOG_DATABASE_URL=postgres://zonelog@db.example.net/zonelog ZONELOG_API_LISTEN=127.0.0.1:8063 zonelog writer',
  ],
  run: async ({ config, terminal, exitWith }) => {
    await buildConsole((line) => terminal.note(line))
    const { runWriter } = await import('../../services/zone-writer/main.ts')
    exitWith(await runWriter(config))
  },
}
