import type { Command } from '../command.ts'
import { DRY_RUN_OPTION } from '../dry-run.ts'
import { changeHold } from '../leases/change-hold.ts'

export const leaseHold: Command = {
  words: 'lease hold',
  summary: 'Keep the leased values of a name, or those of one type, whether they are refreshed or not',
  takes: ['ZONE', 'NAME', '[TYPE]'],
  options: DRY_RUN_OPTION,
  examples: [
    'zonelog lease hold example.com printer.example.com',
    'zonelog lease hold example.com printer.example.com A',
  ],
  run: async (call) => await changeHold(call, 'hold'),
}
