import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { ChangedRules } from '../../services/zone-writer/admin/rules/change-rules.ts'
import { queryText, zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'
import { positionFrom, printRules, VERSION_OPTION, versionFrom } from '../rules/rule-options.ts'

export const ruleRemove: Command = {
  words: 'rule remove',
  summary: 'Remove the update rule at a position',
  takes: ['ZONE', 'POSITION'],
  options: { ...VERSION_OPTION, ...DRY_RUN_OPTION },
  examples: ['zonelog rule remove example.com 2', 'zonelog rule remove example.com 2 --if-version 7'],
  run: async ({ args, options, api, terminal, json }) => {
    const [zone, position] = args as [string, string]
    const query = queryText({ ...versionFrom(options), ...dryRunFrom(options) })
    const path = zonePath(zone, `/rules/${positionFrom(position)}${query}`)
    const changed = await api.delete<Tried<ChangedRules>>(path)
    if (json) return terminal.json(changed)
    noteDryRun(terminal, changed)
    terminal.note(`removed: ${changed.changed.join('; ')}`)
    printRules(terminal, changed)
  },
}
