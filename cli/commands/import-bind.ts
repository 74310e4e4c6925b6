import type { Command } from '../command.ts'
import { MOVE_OPTIONS, move } from '../moving/move.ts'

export const importBind: Command = {
  words: 'import bind',
  summary:
    'Move in from BIND: the zones, keys, rules and transfer settings of a named.conf and its zone files',
  takes: ['NAMED.CONF'],
  options: {
    ...MOVE_OPTIONS,
    view: { type: 'string', value: 'NAME', what: 'the view to take, where zones stand in several' },
  },
  examples: [
    'zonelog import bind /etc/bind/named.conf --dry-run',
    'zonelog import bind /etc/bind/named.conf --zone example.com --zone 2.0.192.in-addr.arpa',
    'zonelog import bind old/etc/bind/named.conf --root old --skip',
    'zonelog import bind /etc/bind/named.conf --from 127.0.0.1 --key transfer.key',
  ],
  // what it needs is read only now: the other commands need none of it
  run: async (call) => await move(call, (await import('../moving/bind/plan-bind.ts')).planFromBind),
}
