import type { DeletedZone } from '../../services/zone-writer/admin/delete-zone.ts'
import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import { queryText, zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'

export const zoneDelete: Command = {
  words: 'zone delete',
  summary: 'Delete a zone: edges drop it at once, its history stays in the database',
  takes: ['NAME'],
  options: { yes: { type: 'boolean', what: 'do it; without this nothing is deleted' }, ...DRY_RUN_OPTION },
  examples: ['zonelog zone delete example.com --yes'],
  run: async ({ args, options, api, terminal, json }) => {
    const name = args[0]!
    const dryRun = dryRunFrom(options)
    if (options.list('yes').length === 0 && dryRun.dryRun === undefined)
      throw new CliError(
        `Nothing was deleted. \`zonelog zone delete ${name} --yes\` deletes the zone ${name} from every edge; clients get REFUSED for it then.`,
        2,
      )
    const deleted = await api.delete<Tried<DeletedZone>>(zonePath(name, queryText(dryRun)))
    if (json) return terminal.json(deleted)
    noteDryRun(terminal, deleted)
    terminal.line(`zone ${deleted.name} deleted: it had serial ${deleted.serial} and ${deleted.seq} events`)
  },
}
