import type { TriedSecret } from '../../services/zone-writer/admin/dry-run.ts'
import type { CreatedToken } from '../../services/zone-writer/admin/tokens/manage-tokens.ts'
import { CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'
import { momentFrom } from '../keys/moment.ts'

export const tokenCreate: Command = {
  words: 'token create',
  summary: 'Create a token of the admin API, which is shown this once',
  takes: ['NAME'],
  options: {
    role: {
      type: 'string',
      value: 'ROLE',
      what: 'viewer: reads; operator: changes contents, rules and keys; admin: everything',
    },
    zone: { type: 'string', value: 'ZONE', multiple: true, what: 'only this zone; may be repeated' },
    expires: { type: 'string', value: 'T', what: 'when it ends: 90d, or 2027-01-31; never unless given' },
    ...DRY_RUN_OPTION,
  },
  examples: [
    'zonelog token create grafana --role viewer --expires 365d',
    '(umask 077; zonelog token create dhcp-team --role operator --zone dyn.example.com > token)',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const role = options.text('role')
    if (role === undefined) throw new CliError('--role is missing: viewer, operator or admin', 2)
    const zones = options.list('zone')
    const expires = options.text('expires')
    const token = await api.post<CreatedToken | TriedSecret<CreatedToken>>('/tokens', {
      name: args[0],
      role,
      ...(zones.length === 0 ? {} : { zones }),
      ...(expires === undefined || expires === 'never' ? {} : { expiresAt: momentFrom('expires', expires) }),
      ...dryRunFrom(options),
    })
    if (json) return terminal.json(token)
    // alone on standard output, so that it can be sent into a file
    if ('secret' in token) terminal.line(token.secret)
    else noteDryRun(terminal, token)
    terminal.note(
      `token ${token.name} created; it is not shown again. Give it to its user as ZONELOG_API_TOKEN.`,
    )
  },
}
