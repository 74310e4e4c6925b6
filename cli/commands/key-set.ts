import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { KeyDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { keyPath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'
import { keyFacts } from '../keys/key-facts.ts'
import { momentFrom } from '../keys/moment.ts'
import { leastMacFrom } from '../keys/octets.ts'
import { printFacts } from '../table.ts'

export const keySet: Command = {
  words: 'key set',
  summary: 'Set when a key expires, and how short its signatures may be',
  takes: ['NAME'],
  options: {
    expires: { type: 'string', value: 'T', what: '2027-01-31, 2027-01-31T12:00 (UTC), 90d, or never' },
    'least-mac': {
      type: 'string',
      value: 'OCTETS',
      what: 'take signatures cut to this length; whole for no others',
    },
    ...DRY_RUN_OPTION,
  },
  examples: ['zonelog key set laptop --expires 90d', 'zonelog key set laptop --expires never'],
  run: async ({ args, options, api, terminal, json }) => {
    const expires = options.text('expires')
    const leastMac = options.text('least-mac')
    if (expires === undefined && leastMac === undefined)
      throw new CliError('Say what to set; see `zonelog key set --help`.', 2)
    const key = await api.patch<Tried<KeyDescription>>(keyPath(args[0]!), {
      ...(expires === undefined
        ? {}
        : { expiresAt: expires === 'never' ? null : momentFrom('expires', expires) }),
      ...(leastMac === undefined ? {} : { leastMac: leastMacFrom(leastMac) }),
      ...dryRunFrom(options),
    })
    if (json) return terminal.json(key)
    noteDryRun(terminal, key)
    printFacts(terminal, keyFacts(key))
  },
}
