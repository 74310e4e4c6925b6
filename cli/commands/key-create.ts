import type { TriedSecret } from '../../services/zone-writer/admin/dry-run.ts'
import type { CreatedKey } from '../../services/zone-writer/admin/keys/create-key.ts'
import type { Command, Option } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom } from '../dry-run.ts'
import { momentFrom } from '../keys/moment.ts'
import { leastMacFrom } from '../keys/octets.ts'
import { FORMAT_OPTION, keyForm, printSecret } from '../keys/print-key.ts'
import { PUBLIC_KEY_OPTION, registerPublicKey } from '../keys/public-key.ts'
import { SECRET_OPTIONS, secretFrom } from '../keys/secret-options.ts'

const OPTIONS: Readonly<Record<string, Option>> = {
  algorithm: {
    type: 'string',
    value: 'NAME',
    what: 'hmac-sha256 (default), hmac-sha224, -sha384, -sha512, -sha1; hmac-md5 with --allow-legacy',
  },
  ...SECRET_OPTIONS,
  expires: {
    type: 'string',
    value: 'T',
    what: 'end the key then: 2027-01-31, 2027-01-31T12:00 (UTC) or 90d',
  },
  'least-mac': {
    type: 'string',
    value: 'OCTETS',
    what: 'take signatures cut to this length (whole ones only)',
  },
  format: FORMAT_OPTION,
  'public-key': PUBLIC_KEY_OPTION,
  ...DRY_RUN_OPTION,
}

export const keyCreate: Command = {
  words: 'key create',
  summary: 'Create a TSIG key and print it as a tsig-keygen clause, once; or register a public key of SIG(0)',
  takes: ['NAME'],
  options: OPTIONS,
  examples: [
    'zonelog key create laptop > laptop.key && nsupdate -k laptop.key',
    'zonelog key create dhcp --algorithm hmac-sha512 --expires 365d --format knot',
    'openssl rand -base64 32 | zonelog key create router --secret-file -',
    'zonelog key create mikrotik --algorithm hmac-md5 --allow-legacy',
    'dnssec-keygen -T KEY -n HOST -a ED25519 laptop.example && zonelog key create laptop.example --public-key Klaptop.example.+015+*.key',
  ],
  run: async (call) => {
    const { args, options, api, terminal, json } = call
    const publicKey = options.text('public-key')
    if (publicKey !== undefined) return await registerPublicKey(call, publicKey, Object.keys(OPTIONS))
    const form = keyForm({ options, json })
    const expires = options.text('expires')
    const leastMac = options.text('least-mac')
    const key = await api.post<CreatedKey | TriedSecret<CreatedKey>>('/keys', {
      name: args[0],
      algorithm: options.text('algorithm'),
      ...(expires === undefined || expires === 'never' ? {} : { expiresAt: momentFrom('expires', expires) }),
      ...(leastMac === undefined ? {} : { leastMac: leastMacFrom(leastMac) ?? undefined }),
      ...(await secretFrom(options)),
      ...dryRunFrom(options),
    })
    printSecret(terminal, form, key)
    for (const warning of key.warnings) terminal.note(`warning: ${warning}`)
    if (form !== 'json') terminal.note(`key ${key.name} created; its secret is not shown again`)
  },
}
