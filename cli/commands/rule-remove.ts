import type { ChangedRules } from '../../services/zone-writer/admin/rules/change-rules.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, deleteOrTry, noteDryRun } from '../dry-run.ts'
import { positionFrom, printRules, VERSION_OPTION, versionFrom } from '../rules/rule-options.ts'

export const ruleRemove: Command = {
  words: 'rule remove',
  summary: 'Remove the update rule at a position',
  takes: ['ZONE', 'POSITION'],
  options: { ...VERSION_OPTION, ...DRY_RUN_OPTION },
  examples: ['zonelog rule remove example.com 2', 'zonelog rule remove example.com 2 --if-version 7'],
  run: async (call) => {
    const { args, options, terminal, json } = call
    const [zone, position] = args as [string, string]
    const path = zonePath(zone, `/rules/${positionFrom(position)}`)
    const changed = await deleteOrTry<ChangedRules>(call, 'removeRule', path, versionFrom(options))
    if (json) return terminal.json(changed)
    noteDryRun(terminal, changed)
    terminal.note(`removed: ${changed.changed.join('; ')}`)
    printRules(terminal, changed)
  },
}
