import type { Command } from '../command.ts'
import { DRY_RUN_OPTION } from '../dry-run.ts'
import { changeHold } from '../leases/change-hold.ts'

export const leaseRelease: Command = {
  words: 'lease release',
  summary: 'Let values that were held go: each has a whole lease to be refreshed in',
  takes: ['ZONE', 'NAME', '[TYPE]'],
  options: DRY_RUN_OPTION,
  examples: [
    'zonelog lease release example.com printer.example.com',
    'zonelog lease release example.com printer.example.com A',
  ],
  run: async (call) => await changeHold(call, 'release'),
}
