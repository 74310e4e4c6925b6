import type { Command } from '../command.ts'

export const edge: Command = {
  words: 'edge',
  summary: 'Run one edge: DNS queries and updates; needs NATS',
  examples: [
    'zonelog edge',
    'ZONELOG_NATS_URL=nats://nats.example.net:4222 ZONELOG_DNS_LISTEN=0.0.0.0:53 zonelog edge',
  ],
  run: async ({ config, exitWith }) => {
    // only now: an edge never loads what a writer needs, nor the other way round
    const { runEdge } = await import('../../services/edge/main.ts')
    exitWith(await runEdge(config))
  },
}
