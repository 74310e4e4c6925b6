import type { DeletedZone } from '../../services/zone-writer/admin/delete-zone.ts'
import { zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, deleteOrTry, noteDryRun } from '../dry-run.ts'

export const zoneDelete: Command = {
  words: 'zone delete',
  summary: 'Delete a zone: edges drop it at once, its history stays in the database',
  takes: ['NAME'],
  options: { yes: { type: 'boolean', what: 'do it; without this nothing is deleted' }, ...DRY_RUN_OPTION },
  examples: ['zonelog zone delete example.com --yes'],
  run: async (call) => {
    const { args, options, terminal, json } = call
    const name = args[0]!
    if (!options.has('yes') && !options.has('dry-run'))
      throw new CliError(
        `Nothing was deleted. \`zonelog zone delete ${name} --yes\` deletes the zone ${name} from every edge; clients get REFUSED for it then.`,
        2,
      )
    const deleted = await deleteOrTry<DeletedZone>(call, 'deleteZone', zonePath(name))
    if (json) return terminal.json(deleted)
    noteDryRun(terminal, deleted)
    terminal.line(`zone ${deleted.name} deleted: it had serial ${deleted.serial} and ${deleted.seq} events`)
  },
}
