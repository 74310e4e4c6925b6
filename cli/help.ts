import { VARIABLES } from '../shared/config.ts'
import { COMMON_OPTIONS } from './arguments.ts'
import type { Command, Option } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** Usage of one command, with examples. */
export function commandHelp(command: Command): string {
  const options = { ...command.options, ...COMMON_OPTIONS }
  return [
    command.summary,
    '',
    `Usage: zonelog ${command.words}${usageOf(command)}`,
    '',
    'Options:',
    ...columns(Object.entries(options).map(([name, option]) => [optionForm(name, option), option.what])),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n')
}

/** What `zonelog --help`, or the first word of several commands, shows. */
export function overview(commands: readonly Command[], everything: boolean): string {
  const shown = commands.filter(({ isHidden }) => !isHidden)
  const lines = [
    ...(everything ? ['zonelog: dynamic DNS updates, applied once and kept for ever', ''] : []),
    'Commands:',
    ...columns(shown.map((command) => [command.words + argumentsOf(command), command.summary])),
    '',
    '`zonelog COMMAND --help` says more, with examples. Every command takes --json.',
  ]
  if (!everything) return lines.join('\n')
  return [
    ...lines,
    '',
    'Variables:',
    ...columns(
      Object.entries(VARIABLES).map(([name, { default: byDefault, what }]) => [
        name,
        `${what} (${byDefault})`,
      ]),
    ),
    '',
    'Exit statuses:',
    ...columns(Object.values(EXIT).map(({ status, what }) => [String(status), what])),
    '',
    'Examples:',
    '  zonelog start',
    '  zonelog zone create example.com --allow-update demo',
    '  zonelog log example.com',
  ].join('\n')
}

/** What follows the words of a command: its arguments, then its options. */
export function usageOf(command: Command): string {
  const options = Object.entries(command.options ?? {}).map(
    ([name, option]) => ` [${optionForm(name, option)}]${option.multiple ? '...' : ''}`,
  )
  return argumentsOf(command) + options.join('')
}

function argumentsOf(command: Command): string {
  return (command.takes ?? []).map((name) => ` ${name}`).join('')
}

function optionForm(name: string, option: Option): string {
  return option.type === 'boolean' ? `--${name}` : `--${name} ${option.value ?? 'VALUE'}`
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
