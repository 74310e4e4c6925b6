import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { CreatedSig0Key } from '../../services/zone-writer/admin/keys/sig0-key.ts'
import { type Call, CliError, type Option } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'

export const PUBLIC_KEY_OPTION: Option = {
  type: 'string',
  value: 'FILE',
  what: 'register the KEY record in this file (K….key of dnssec-keygen -T KEY; - reads standard input) for SIG(0)',
}

const ITS_OWN = new Set(['public-key', ...Object.keys(DRY_RUN_OPTION)])

/**
 * Registers the public key that `--public-key` names. Throws a CliError when it cannot be read, or when others of the command's
 * options are given, which are about secrets.
 */
export async function registerPublicKey(
  { args, options, api, terminal, json }: Call,
  file: string,
  known: readonly string[],
): Promise<void> {
  const others = known.filter((name) => !ITS_OWN.has(name) && options.list(name).length > 0)
  if (others.length > 0)
    throw new CliError(
      `--public-key brings all with it; leave out ${others.map((name) => `--${name}`).join(', ')}`,
      2,
    )
  const key = await api.post<Tried<CreatedSig0Key>>('/keys', {
    name: args[0],
    publicKey: await contentsOf(file),
    ...dryRunFrom(options),
  })
  if (json) return terminal.json(key)
  noteDryRun(terminal, key)
  terminal.line(`key ${key.name} registered: SIG(0), ${key.algorithm}, tag ${key.keyTag}`)
  for (const warning of key.warnings) terminal.note(`warning: ${warning}`)
}

async function contentsOf(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError(`the public key ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
