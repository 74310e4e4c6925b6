import type { ImportedRules } from '../../services/zone-writer/admin/rules/import-rules.ts'
import { zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { readText } from './rule-try.ts'

export const ruleImport: Command = {
  words: 'rule import',
  summary: "Replace a zone's rules by BIND's allow-update or update-policy, or by Knot's acl",
  takes: ['ZONE', 'FILE'],
  options: {
    format: { type: 'string', value: 'bind|knot', what: 'told by the look of the file unless given' },
    'dry-run': { type: 'boolean', what: 'only say what would be done' },
  },
  examples: [
    'zonelog rule import example.com /etc/bind/named.conf.local --dry-run',
    'zonelog rule import example.com /etc/knot/knot.conf',
    "echo 'allow-update { 10/8; key dhcp; };' | zonelog rule import example.com -",
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const format = options.text('format')
    if (format !== undefined && format !== 'bind' && format !== 'knot')
      throw new CliError(`--format is bind or knot, not '${format}'`, 2)
    const imported = await api.post<ImportedRules>(zonePath(args[0]!, '/rules/import'), {
      text: await readText(args[1]!),
      ...(format === undefined ? {} : { format }),
      dryRun: options.list('dry-run').length > 0,
    })
    if (json) return terminal.json(imported)
    for (const [index, rule] of imported.rules.entries()) terminal.line(`${index + 1}. ${rule}`)
    if (imported.rules.length === 0) terminal.note('Nobody may update it by these.')
    for (const { kind, line, column, word, message } of imported.findings)
      terminal.note(
        `line ${line}:${column}${word === '' ? '' : ` '${word}'`}: ${kind === 'left-out' ? 'left out: ' : ''}${message}`,
      )
    for (const warning of imported.warnings) terminal.note(`warning: ${warning}`)
    const { dryRun, rulesBefore, rules, zone } = imported
    terminal.note(
      dryRun
        ? `Nothing was changed; ${rules.length} rules would stand in the place of ${rulesBefore.length} of ${zone}`
        : `${rules.length} rules stand in the place of ${rulesBefore.length} of ${zone}`,
    )
  },
}
