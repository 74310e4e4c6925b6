import type { ChangedRules } from '../../services/zone-writer/admin/rules/change-rules.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { positionFrom, printRules, VERSION_OPTION, versionFrom } from '../rules/rule-options.ts'

export const ruleRemove: Command = {
  words: 'rule remove',
  summary: 'Remove the update rule at a position',
  takes: ['ZONE', 'POSITION'],
  options: VERSION_OPTION,
  examples: ['zonelog rule remove example.com 2', 'zonelog rule remove example.com 2 --if-version 7'],
  run: async ({ args, options, api, terminal, json }) => {
    const [zone, position] = args as [string, string]
    const { version } = versionFrom(options)
    const query = version === undefined ? '' : `?version=${version}`
    const path = zonePath(zone, `/rules/${positionFrom(position)}${query}`)
    const changed = await api.delete<ChangedRules>(path)
    if (json) return terminal.json(changed)
    terminal.note(`removed: ${changed.changed.join('; ')}`)
    printRules(terminal, changed)
  },
}
