import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { type CallOptions, CliError, type Option } from '../command.ts'

/** How a secret of the user's own is given, for every command that takes one. */
export const SECRET_OPTIONS = {
  secret: {
    type: 'string',
    value: 'BASE64',
    what: 'use this secret; others may see it in the list of processes',
  },
  'secret-file': {
    type: 'string',
    value: 'FILE',
    what: 'use the secret in this file, base64; - reads standard input',
  },
  'allow-short': {
    type: 'boolean',
    what: 'take a secret of 8 to 15 octets, for routers that hold no longer one',
  },
  'allow-legacy': {
    type: 'boolean',
    what: 'take hmac-md5, which is broken, for clients that know nothing else',
  },
} as const satisfies Record<string, Option>

export interface GivenSecret {
  readonly secret: string | undefined
  readonly allowShort: boolean
  readonly allowLegacy: boolean
}

/** Throws a CliError when the secret is given twice, or its file cannot be read. */
export async function secretFrom(options: CallOptions): Promise<GivenSecret> {
  const given = options.text('secret')
  const file = options.text('secret-file')
  if (given !== undefined && file !== undefined)
    throw new CliError('--secret and --secret-file are given both; one secret is expected', 2)
  return {
    secret: file === undefined ? given : await secretIn(file),
    allowShort: options.has('allow-short'),
    allowLegacy: options.has('allow-legacy'),
  }
}

async function secretIn(file: string): Promise<string> {
  const found = file === '-' ? await text(process.stdin) : await contentsOf(file)
  const where = file === '-' ? 'standard input' : file
  const [secret, ...more] = found.trim().split(/\s+/)
  if (secret === undefined || secret === '')
    throw new CliError(`${where} holds nothing; a secret in base64 is expected`)
  if (more.length > 0)
    throw new CliError(`${where} holds more than one word; a secret in base64 is expected, and nothing else`)
  return secret
}

async function contentsOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError(`the secret cannot be read from ${file} (${(error as NodeJS.ErrnoException).code})`)
  }
}
