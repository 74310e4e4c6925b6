import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { ChangedRules } from '../../services/zone-writer/admin/rules/change-rules.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'
import { positionFrom, printRules, VERSION_OPTION, versionFrom } from '../rules/rule-options.ts'

export const ruleAdd: Command = {
  words: 'rule add',
  summary: 'Add an update rule: grant|deny IDENTITY MATCH [NAME] [TYPE[(N)]...] [self-address]',
  takes: ['ZONE', 'RULE'],
  options: {
    at: { type: 'string', value: 'POSITION', what: 'where it is to stand, from 1; at the end unless given' },
    ...VERSION_OPTION,
    ...DRY_RUN_OPTION,
  },
  examples: [
    "zonelog rule add example.com 'grant laptop name laptop A AAAA'",
    "zonelog rule add example.com 'grant acme name _acme-challenge TXT(2)'",
    "zonelog rule add example.com 'deny * name @ ANY' --at 1",
    "zonelog rule add example.com 'grant dhcp+ip:10.0.0.0/8 subdomain dyn A AAAA DHCID'",
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const [zone, rule] = args as [string, string]
    const at = options.text('at')
    const changed = await api.post<Tried<ChangedRules>>(zonePath(zone, '/rules'), {
      rules: [rule],
      ...(at === undefined ? {} : { at: positionFrom(at) }),
      ...versionFrom(options),
      ...dryRunFrom(options),
    })
    if (json) return terminal.json(changed)
    noteDryRun(terminal, changed)
    printRules(terminal, changed)
    for (const warning of changed.warnings) terminal.note(`warning: ${warning}`)
  },
}
