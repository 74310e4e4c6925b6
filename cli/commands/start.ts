import type { Command } from '../command.ts'
import { buildConsole } from '../console-build.ts'

export const start: Command = {
  words: 'start',
  summary: 'Run everything on this machine: Postgres, nats-server, one writer, one edge',
  examples: ['zonelog start', 'ZONELOG_DNS_LISTEN=127.0.0.1:53,[::1]:53 zonelog start'],
  run: async ({ config, terminal, exitWith }) => {
    await buildConsole((line) => terminal.note(line))
    const local = await import('../../services/local/start.ts')
    exitWith(await local.start(config))
  },
}
