import type { TsigKey } from '../../shared/dns/tsig.ts'
import { parseNotifyTarget } from '../../shared/transfers/notify-target.ts'
import { type CallOptions, CliError, type Option } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { readKeyFile } from './key-file.ts'

/** Another server that zones are transferred from. */
export interface Primary {
  readonly host: string
  readonly port: number
  /** Signs the request, and verifies what comes. */
  readonly key?: TsigKey
  /** As it was named. */
  readonly text: string
}

export const KEY_OPTION = {
  key: {
    type: 'string',
    value: 'FILE',
    what: "sign the transfer with the key in this file: BIND's clause (also tsig-keygen and `key create`) or Knot's section",
  },
} as const satisfies Record<string, Option>

export const FROM_OPTION = {
  from: {
    type: 'string',
    value: 'SERVER[:PORT]',
    what: 'take the contents from this server, by a zone transfer (AXFR) that this machine asks for',
  },
  ...KEY_OPTION,
} as const satisfies Record<string, Option>

/** The server of an option, with the key of `--key`; undefined when the option was not given. */
export async function primaryFrom(options: CallOptions, name: string): Promise<Primary | undefined> {
  const given = options.text(name)
  const keyFile = options.text('key')
  if (given === undefined) {
    if (keyFile !== undefined)
      throw new CliError(`--key signs a transfer: give --${name} too`, EXIT.usage.status)
    return undefined
  }
  return await primaryNamed(given, keyFile)
}

/** Throws a CliError for what is no server, and for a key that cannot be read. */
export async function primaryNamed(given: string, keyFile: string | undefined): Promise<Primary> {
  const target = parseNotifyTarget(given)
  if (!target.ok) throw new CliError(`${given}: ${target.reason}`, EXIT.usage.status)
  const { host, port, key } = target.value
  if (key !== undefined)
    throw new CliError(`${given}: a server is HOST[:PORT]; give the key with --key FILE`, EXIT.usage.status)
  return {
    host: host.replace(/(?!^)\.$/, ''),
    port,
    text: given,
    ...(keyFile === undefined ? {} : { key: await readKeyFile(keyFile) }),
  }
}
