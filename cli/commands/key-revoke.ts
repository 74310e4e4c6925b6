import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { EndedKey } from '../../services/zone-writer/admin/keys/revoke-key.ts'
import { keyPath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'

export const keyRevoke: Command = {
  words: 'key revoke',
  summary: 'End secrets of a key for ever and erase them; the key stays in the list',
  takes: ['NAME'],
  options: {
    secret: {
      type: 'string',
      value: 'ID',
      what: 'this one only, by its number in `key show`; all of them without',
    },
    force: { type: 'boolean', what: 'also when rules name the key and no secret of it stays' },
    ...DRY_RUN_OPTION,
  },
  examples: ['zonelog key revoke laptop --secret 12', 'zonelog key revoke stolen --force'],
  run: async ({ args, options, api, terminal, json }) => {
    const id = options.text('secret')
    const key = await api.post<Tried<EndedKey>>(keyPath(args[0]!, '/revoke'), {
      ...(id === undefined ? {} : { secret: idFrom(id) }),
      force: options.has('force'),
      ...dryRunFrom(options),
    })
    if (json) return terminal.json(key)
    noteDryRun(terminal, key)
    terminal.line(`key ${key.name}: secret ${key.ended.join(', ')} revoked`)
    for (const rule of key.namedBy) terminal.note(`still names it: ${rule}`)
  },
}

function idFrom(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new CliError(
    `--secret ${text}: the number of a secret is expected; \`zonelog key show NAME\` lists them`,
    2,
  )
}
