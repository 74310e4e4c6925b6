import type { LeaseJson, LeaseList } from '../../services/zone-writer/admin/leases/list-leases.ts'
import { durationText, leaseRangeText } from '../../shared/zone-settings.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const leaseList: Command = {
  words: 'lease list',
  summary: 'List the values of a zone that are removed unless they are refreshed, with the end of each lease',
  takes: ['ZONE', '[NAME]'],
  examples: [
    'zonelog lease list example.com',
    'zonelog lease list example.com printer.example.com',
    "zonelog lease list example.com --json | jq -r '.values[] | select(.heldBy) | .name'",
  ],
  run: async ({ args, api, terminal, json }) => {
    const values: LeaseJson[] = []
    let page: LeaseList | undefined
    do {
      page = await api.get<LeaseList>(zonePath(args[0]!, '/leases'), { record: args[1], after: page?.next })
      values.push(...page.values)
    } while (page.next !== undefined)
    const { zone, leases } = page
    if (json) return terminal.json({ zone, leases, values })
    if (values.length > 0)
      printTable<LeaseJson>(
        terminal,
        [
          { title: 'NAME', text: ({ name }) => name },
          { title: 'TYPE', text: ({ type }) => type },
          { title: 'VALUE', text: ({ value }) => value, shrink: true },
          { title: 'LEASE', text: ({ seconds }) => durationText(seconds), align: 'right' },
          { title: 'ENDS (UTC)', text: ends },
          { title: 'EVENT', text: ({ seq }) => `#${seq}`, align: 'right', below: 1 },
        ],
        values,
      )
    else if (leases.longest === 0)
      terminal.note(`${zone} grants no leases; \`zonelog zone set ${zone} --lease 30m..1d\` turns them on.`)
    else
      terminal.note(`No value of ${args[1] ?? zone} has a lease; the zone grants ${leaseRangeText(leases)}.`)
  },
}

function ends({ endsAt, heldBy }: LeaseJson): string {
  return heldBy === undefined ? atTime(endsAt) : `never: held by ${heldBy}`
}
