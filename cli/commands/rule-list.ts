import type { RuleChangeJson, RuleList } from '../../services/zone-writer/admin/rules/list-rules.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const ruleList: Command = {
  words: 'rule list',
  summary: 'List the update rules of a zone, in the order in which they are looked at',
  takes: ['ZONE'],
  options: { changes: { type: 'boolean', what: 'who changed them, newest first, instead' } },
  examples: [
    'zonelog rule list example.com',
    "zonelog rule list example.com --json | jq -r '.rules[]'",
    'zonelog rule list example.com --changes',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const path = zonePath(args[0]!, '/rules')
    if (options.has('changes')) {
      const { changes } = await api.get<{ changes: RuleChangeJson[] }>(`${path}/changes`)
      if (json) return terminal.json(changes)
      return printTable(
        terminal,
        [
          { title: 'VERSION', text: (change) => String(change.version), align: 'right' },
          { title: 'TIME (UTC)', text: (change) => atTime(change.at) },
          { title: 'BY', text: (change) => change.by },
          { title: 'CHANGE', text: (change) => change.change },
          { title: 'WHAT', text: (change) => change.detail, below: 1 },
        ],
        changes,
      )
    }
    const list = await api.get<RuleList>(path)
    if (json) return terminal.json(list)
    for (const [index, rule] of list.rules.entries()) terminal.line(`${index + 1}. ${rule}`)
    const hint = `version ${list.version}; the first rule that matches decides, else it is refused`
    terminal.note(list.rules.length === 0 ? `Nobody may update ${list.zone}: it has no rules.` : hint)
  },
}
