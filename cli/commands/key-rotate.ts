import type { TriedSecret } from '../../services/zone-writer/admin/dry-run.ts'
import type { RotatedKey } from '../../services/zone-writer/admin/keys/rotate-key.ts'
import { keyPath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom } from '../dry-run.ts'
import { durationFrom } from '../keys/moment.ts'
import { FORMAT_OPTION, keyForm, printSecret } from '../keys/print-key.ts'
import { SECRET_OPTIONS, secretFrom } from '../keys/secret-options.ts'
import { atTime } from '../time.ts'

export const keyRotate: Command = {
  words: 'key rotate',
  summary: 'Give a key a new secret and print it; the one before lives on for a while',
  takes: ['NAME'],
  options: {
    overlap: {
      type: 'string',
      value: 'TIME',
      what: 'how long the secrets before live on: 12h, 7d (default); 0 ends them now',
    },
    algorithm: { type: 'string', value: 'NAME', what: 'another algorithm for the new secret' },
    ...SECRET_OPTIONS,
    format: FORMAT_OPTION,
    ...DRY_RUN_OPTION,
  },
  examples: [
    'zonelog key rotate laptop > laptop.key',
    'zonelog key rotate router --algorithm hmac-sha256 --overlap 30d',
    'zonelog key rotate stolen --overlap 0',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const form = keyForm({ options, json })
    const overlap = options.text('overlap')
    const key = await api.post<RotatedKey | TriedSecret<RotatedKey>>(keyPath(args[0]!, '/rotate'), {
      algorithm: options.text('algorithm'),
      ...(overlap === undefined ? {} : { overlapSeconds: durationFrom('overlap', overlap) }),
      ...(await secretFrom(options)),
      ...dryRunFrom(options),
    })
    printSecret(terminal, form, key)
    for (const warning of key.warnings) terminal.note(`warning: ${warning}`)
    if (form === 'json') return
    for (const { id, until } of key.retiring) terminal.note(`secret ${id} lives until ${atTime(until)} UTC`)
    if (key.retiring.length === 0) terminal.note('no older secret lives on')
    terminal.note(`key ${key.name} has a new secret, number ${key.id}; it is not shown again`)
    if (key.retiring.length > 0)
      terminal.note(`who still uses an old one: zonelog key usage ${args[0]} --old`)
  },
}
