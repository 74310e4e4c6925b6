import type { CreatedKey } from '../../services/zone-writer/admin/keys.ts'
import type { Command } from '../command.ts'

export const keyCreate: Command = {
  words: 'key create',
  summary: 'Create a TSIG key and print its tsig-keygen clause; the secret is not shown again',
  takes: ['NAME'],
  options: {
    algorithm: { type: 'string', value: 'NAME', what: 'hmac-sha256 (default) or hmac-sha512' },
    secret: { type: 'string', value: 'BASE64', what: 'use this secret instead of a new one' },
  },
  examples: [
    'zonelog key create laptop > laptop.key && nsupdate -k laptop.key',
    'zonelog key create dhcp --algorithm hmac-sha512',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const key = await api.post<CreatedKey>('/keys', {
      name: args[0],
      algorithm: options.text('algorithm'),
      secret: options.text('secret'),
    })
    if (json) return terminal.json(key)
    // alone on standard output, so that it can be sent into a file
    terminal.raw(key.clause)
    terminal.note(`key ${key.name} created; its secret is not shown again`)
  },
}
