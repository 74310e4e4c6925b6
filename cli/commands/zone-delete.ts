import type { DeletedZone } from '../../services/zone-writer/admin/delete-zone.ts'
import { zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'

export const zoneDelete: Command = {
  words: 'zone delete',
  summary: 'Delete a zone: edges drop it at once, its history stays in the database',
  takes: ['NAME'],
  options: { yes: { type: 'boolean', what: 'do it; without this nothing is deleted' } },
  examples: ['zonelog zone delete example.com --yes'],
  run: async ({ args, options, api, terminal, json }) => {
    const name = args[0]!
    if (options.list('yes').length === 0)
      throw new CliError(
        `Nothing was deleted. \`zonelog zone delete ${name} --yes\` deletes the zone ${name} from every edge; clients get REFUSED for it then.`,
        2,
      )
    const deleted = await api.delete<DeletedZone>(zonePath(name))
    if (json) return terminal.json(deleted)
    terminal.line(`zone ${deleted.name} deleted: it had serial ${deleted.serial} and ${deleted.seq} events`)
  },
}
