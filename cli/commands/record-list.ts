import type { RRsetJson } from '../../services/zone-writer/admin/list-rrsets.ts'
import { zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'

const PAGE = 1_000

export const recordList: Command = {
  words: 'record list',
  summary: 'List records of a zone, by name',
  takes: ['ZONE'],
  options: {
    name: { type: 'string', value: 'NAME', what: 'only records of this name' },
    search: { type: 'string', value: 'TEXT', what: 'only names with this in them' },
    type: { type: 'string', value: 'TYPE', what: 'only records of this type' },
    limit: { type: 'string', value: 'N', what: 'only the first N RRsets' },
  },
  examples: [
    'zonelog record list example.com',
    'zonelog record list example.com --search www --type A --json',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const most = Number(options.text('limit') ?? Number.POSITIVE_INFINITY)
    if (!(most >= 1))
      throw new CliError(`--limit ${options.text('limit')}: a whole number from 1 is expected`, 2)
    let left = most
    let after: string | undefined
    do {
      const page: { rrsets: RRsetJson[]; next?: string } = await api.get(zonePath(args[0]!, '/rrsets'), {
        name: options.text('name'),
        search: options.text('search'),
        type: options.text('type'),
        limit: Math.min(PAGE, left),
        after,
      })
      for (const rrset of page.rrsets)
        if (json) terminal.json(rrset)
        else
          for (const value of rrset.values)
            terminal.line(`${rrset.name} ${rrset.ttl} IN ${rrset.type} ${value}`)
      left -= page.rrsets.length
      after = page.next
    } while (after !== undefined && left > 0)
  },
}
