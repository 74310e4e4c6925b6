import { readFile } from 'node:fs/promises'
import type { ChangedVerdict } from '../../services/zone-writer/explain/tally.ts'
import { canonicalName, parseName } from '../../shared/dns/name.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import { CliError, type Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { tryAll } from '../rules/try-all.ts'
import { printTable } from '../table.ts'

export const ruleTry: Command = {
  words: 'rule try',
  summary:
    'Run a proposed list of rules over the recorded updates of a zone: who would newly be refused or allowed',
  takes: ['ZONE', 'FILE'],
  options: {
    since: { type: 'string', value: 'T', what: 'only updates since this time: 2026-11-25T10:00Z, or 30d' },
  },
  examples: [
    'zonelog rule list example.com --json | jq -r .rules[] > rules; vi rules; zonelog rule try example.com rules --since 30d',
    'zonelog rule try example.com - < rules',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const rules = rulesIn(await readText(args[1]!))
    refuseUnreadable(args[0]!, args[1]!, rules)
    const since = options.text('since')
    const body = { rules: rules.map(({ rule }) => rule), ...(since === undefined ? {} : { since }) }
    const tried = await tryAll(api, args[0]!, body)
    if (json) return terminal.json(tried)
    const { updates, refusedThen, refusedNow, newlyRefused, newlyAllowed, hidden } = tried
    terminal.line(
      `${updates} updates: rules refused ${refusedThen} of them, and would refuse ${refusedNow}; ${newlyRefused} newly refused, ${newlyAllowed} newly allowed`,
    )
    if (tried.changed.length > 0)
      printTable(terminal, COLUMNS, tried.changed, ({ detail }) => [`! ${detail}`])
    if (hidden > 0) terminal.note(`and ${hidden} more, of kinds that are not shown`)
  },
}

const COLUMNS = [
  {
    title: 'CHANGE',
    text: (row: ChangedVerdict) => row.change,
    colour: (
      terminal: { colour(colour: 'red' | 'green', text: string): string },
      cell: string,
      row: ChangedVerdict,
    ) => terminal.colour(row.change === 'newly refused' ? 'red' : 'green', cell),
  },
  { title: 'TIMES', text: (row: ChangedVerdict) => String(row.count), align: 'right' as const },
  { title: 'WHO', text: (row: ChangedVerdict) => row.by, shrink: true },
  { title: 'FROM', text: (row: ChangedVerdict) => row.source, shrink: true },
  { title: 'NAME', text: (row: ChangedVerdict) => row.name, shrink: true },
  { title: 'TYPE', text: (row: ChangedVerdict) => row.type },
  { title: 'SUCH AS', text: (row: ChangedVerdict) => row.events.join(' '), below: 1 },
]

/** The API does not know the lines of the file. */
function refuseUnreadable(
  zone: string,
  file: string,
  rules: readonly { line: number; rule: string }[],
): void {
  const apex = parseName(zone)
  if (!apex.ok) return
  const faults = rules.flatMap(({ line, rule }) => {
    const read = parseRule(rule, canonicalName(apex.value))
    return read.ok ? [] : [`line ${line}: ${read.reason}`]
  })
  if (faults.length > 0)
    throw new CliError(
      [`${file} has rules that cannot be read:`, ...faults].join('\n  '),
      EXIT.refused.status,
    )
}

/** One rule a line; empty lines and what follows `#` do not count. */
export function rulesIn(text: string): { line: number; rule: string }[] {
  return text.split('\n').flatMap((content, index) => {
    const rule = content.replace(/(^|\s)#.*$/, '').trim()
    return rule === '' ? [] : [{ line: index + 1, rule }]
  })
}

/** A file, or standard input for `-`. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`)
  }
}
