import type { ChangedRules } from '../../services/zone-writer/admin/rules/change-rules.ts'
import { type CallOptions, CliError, type Option } from '../command.ts'
import type { Terminal } from '../terminal.ts'

/** For whoever looked at a list before changing it. */
export const VERSION_OPTION: Readonly<Record<string, Option>> = {
  'if-version': {
    type: 'string',
    value: 'VERSION',
    what: 'only if the rules are still the ones of this version, which `rule list` shows',
  },
}

export function versionFrom(options: CallOptions): { version?: number } {
  const text = options.text('if-version')
  return text === undefined ? {} : { version: wholeNumber(text, '--if-version', 0) }
}

export function positionFrom(text: string): number {
  return wholeNumber(text, 'the position', 1)
}

function wholeNumber(text: string, what: string, least: number): number {
  const number = Number(text)
  if (/^\d{1,15}$/.test(text) && number >= least) return number
  throw new CliError(`${what} is a whole number from ${least}, not '${text}'`, 2)
}

/** The whole list as it is now. */
export function printRules(terminal: Terminal, { rules, zone, version }: ChangedRules): void {
  for (const [index, rule] of rules.entries()) terminal.line(`${index + 1}. ${rule}`)
  terminal.note(rules.length === 0 ? `Nobody may update ${zone} now: it has no rules.` : `version ${version}`)
}
