import { VARIABLES } from '../../shared/config.ts'
import { COMMON_OPTIONS } from '../arguments.ts'
import type { Command, Option } from '../command.ts'
import { COMMANDS } from '../commands/index.ts'
import { EXIT } from '../exit-codes.ts'
import { usageOf } from '../help.ts'

const GENERATED = '<!-- Made by `npm run docs` from the code. Change it there. -->'

/** The generated pages of docs/reference, by file name: the code's own tables, so that they cannot part from it. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['variables.md', variablesPage()],
    ['commands.md', commandsPage()],
  ])
}

function variablesPage(): string {
  const rows = Object.entries(VARIABLES).map(
    ([name, { default: byDefault, what }]) => `| \`${name}\` | ${cell(byDefault)} | ${cell(what)} |`,
  )
  return page(
    'Variables',
    'Every variable that zonelog reads. What they mean together, and the data directory, is told in [configuration.md](../configuration.md).',
    '| variable | default | what |',
    '|---|---|---|',
    ...rows,
  )
}

function commandsPage(): string {
  const shown = COMMANDS.filter(({ isHidden }) => !isHidden)
  return page(
    'Commands',
    '`zonelog COMMAND --help` says the same. Every command takes `--json`; results go to standard output, everything else to standard error.',
    '',
    '| command | what |',
    '|---|---|',
    ...shown.map(({ words, summary }) => `| [\`${words}\`](#${anchor(words)}) | ${cell(summary)} |`),
    '',
    '## Exit statuses',
    '',
    '| status | meaning |',
    '|---|---|',
    ...Object.values(EXIT).map(({ status, what }) => `| ${status} | ${cell(what)} |`),
    ...shown.flatMap(section),
  )
}

function section(command: Command): string[] {
  const options = Object.entries<Option>({ ...command.options, ...COMMON_OPTIONS })
  return [
    '',
    `## ${command.words}`,
    '',
    `${command.summary}.`,
    '',
    '```',
    `zonelog ${command.words}${usageOf(command)}`,
    '```',
    '',
    '| option | what |',
    '|---|---|',
    ...options.map(
      ([name, { type, value = 'VALUE', what, multiple }]) =>
        `| \`--${name}${type === 'boolean' ? '' : ` ${value.replaceAll('|', '\\|')}`}\`${multiple ? ' …' : ''} | ${cell(what)} |`,
    ),
    '',
    'Examples:',
    '',
    '```sh',
    ...command.examples,
    '```',
  ]
}

function page(title: string, ...lines: readonly string[]): string {
  return `${[GENERATED, '', `# ${title}`, '', ...lines].join('\n')}\n`
}

/** Text in a table; what Markdown would take for a tag stays text. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<')
}

function anchor(words: string): string {
  return words.replaceAll(' ', '-')
}
