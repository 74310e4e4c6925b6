import type { TriedSecret } from '../../services/zone-writer/admin/dry-run.ts'
import type { CreatedUpdateToken } from '../../services/zone-writer/admin/keys/update-tokens.ts'
import { durationFromText } from '../../shared/zone-settings.ts'
import { keyPath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'
import { momentFrom } from '../keys/moment.ts'

export const updateTokenCreate: Command = {
  words: 'update-token create',
  summary: 'Make a token for HTTP updates that stands for a key, for some hosts only; it is printed once',
  takes: ['KEY', 'NAME'],
  options: {
    host: {
      type: 'string',
      multiple: true,
      value: 'HOST',
      what: 'a name that it may change, such as home.example.com; *.NAME is every name below; may be repeated',
    },
    lease: {
      type: 'string',
      value: 'D',
      what: 'what it sets goes unless it is set again within 1d, 2h or so, where the zone grants leases (docs/leases.md)',
    },
    expires: {
      type: 'string',
      value: 'T',
      what: 'end it then: 2027-01-31, 2027-01-31T12:00 (UTC) or 90d',
    },
    ...DRY_RUN_OPTION,
  },
  examples: [
    'zonelog update-token create customers router-berlin --host home.example.com',
    'zonelog update-token create lab nas --host nas.example.com --host "*.nas.example.com" --expires 365d',
    'zonelog update-token create customers laptop --host laptop.example.com --lease 1d',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const hosts = options.list('host')
    if (hosts.length === 0)
      throw new CliError('update-token create needs --host HOST: the token may change nothing else', 2)
    const leaseSeconds = leaseOf(options.text('lease'))
    const expires = options.text('expires')
    const path = keyPath(args[0]!, '/update-tokens')
    const created = await api.post<CreatedUpdateToken | TriedSecret<CreatedUpdateToken>>(path, {
      name: args[1],
      hosts,
      ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
      ...(expires === undefined || expires === 'never' ? {} : { expiresAt: momentFrom('expires', expires) }),
      ...dryRunFrom(options),
    })
    if (json) return terminal.json(created)
    // alone on standard output, so that it can be sent into a file
    if ('token' in created) terminal.raw(`${created.token}\n`)
    else noteDryRun(terminal, created)
    terminal.note(
      `token ${created.name} of ${created.key} for ${created.hosts.join(', ')} created; it is not shown again`,
    )
  },
}

function leaseOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = durationFromText(text)
  if (seconds) return seconds
  throw new CliError(`--lease takes a duration such as 90s, 2h or 1d, a year at the most, not '${text}'`, 2)
}
