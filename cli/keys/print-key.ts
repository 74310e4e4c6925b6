import type { TriedSecret } from '../../services/zone-writer/admin/dry-run.ts'
import { type ClearKey, keygenClause, knotSection, nsupdateOption } from '../../shared/key-forms.ts'
import { nearest } from '../../shared/nearest.ts'
import { type Call, CliError, type Option } from '../command.ts'
import { noteDryRun } from '../dry-run.ts'
import type { Terminal } from '../terminal.ts'

const FORMS = {
  'tsig-keygen': keygenClause,
  knot: knotSection,
  nsupdate: (key: ClearKey) => `nsupdate -y ${shellWord(nsupdateOption(key))}\n`,
  json: (key: object) => `${JSON.stringify(key)}\n`,
} as const satisfies Record<string, (key: ClearKey) => string>

export type KeyForm = keyof typeof FORMS

export const FORMAT_OPTION: Option = {
  type: 'string',
  value: 'FORM',
  what: 'tsig-keygen (default, for BIND and nsupdate -k), knot, nsupdate (nsupdate -y) or json',
}

/** How a new secret is to be printed. Throws a CliError for a form that is not known. */
export function keyForm({ options, json }: Pick<Call, 'options' | 'json'>): KeyForm {
  const wanted = options.text('format')
  if (wanted === undefined) return json ? 'json' : 'tsig-keygen'
  const names = Object.keys(FORMS) as KeyForm[]
  const form = names.find((name) => name === wanted)
  if (form !== undefined) return form
  const near = nearest(wanted, names)
  const hint = near === undefined ? `one of ${names.join(', ')} is expected` : `did you mean ${near}?`
  throw new CliError(`--format ${wanted} is not known; ${hint}`, 2)
}

/** Prints a new secret alone on standard output, so that it can be sent into a file. One that was only tried has none. */
export function printSecret<T extends ClearKey>(
  terminal: Terminal,
  form: KeyForm,
  key: T | TriedSecret<T>,
): void {
  if (!('dryRun' in key)) terminal.raw(FORMS[form](key))
  else if (form === 'json') terminal.json(key)
  else noteDryRun(terminal, key)
}

function shellWord(text: string): string {
  return /^[\w./+=:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
