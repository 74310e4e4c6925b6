import type { Command } from '../command.ts'
import { MOVE_OPTIONS, move } from '../moving/move.ts'

export const importKnot: Command = {
  words: 'import knot',
  summary:
    'Move in from Knot DNS: the zones, keys, rules and transfer settings of a knot.conf and its zone files',
  takes: ['KNOT.CONF'],
  options: MOVE_OPTIONS,
  examples: [
    'zonelog import knot /etc/knot/knot.conf --dry-run',
    'zonelog import knot /etc/knot/knot.conf --zone example.com',
    'zonelog import knot /etc/knot/knot.conf --from 127.0.0.1',
  ],
  // what it needs is read only now: the other commands need none of it
  run: async (call) => await move(call, (await import('../moving/knot/plan-knot.ts')).planFromKnot),
}
