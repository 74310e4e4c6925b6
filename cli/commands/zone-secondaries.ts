import type { ZoneSecondaries } from '../../services/zone-writer/admin/secondaries.ts'
import type { SecondaryStatus } from '../../shared/messaging/secondaries-service.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const zoneSecondaries: Command = {
  words: 'zone secondaries',
  summary: 'Show the servers that follow a zone: what they have, and whether they acknowledge NOTIFY',
  takes: ['NAME'],
  examples: [
    'zonelog zone secondaries example.com',
    "zonelog zone secondaries example.com --json | jq '.secondaries[] | select(.failures > 0)'",
  ],
  run: async ({ args, api, terminal, json }) => {
    const found = await api.get<ZoneSecondaries>(zonePath(args[0]!, '/secondaries'))
    if (json) return terminal.json(found)
    terminal.line(`zone ${found.zone} has serial ${found.serial}`)
    if (found.secondaries.length + found.others.length === 0)
      return terminal.note(
        'No server is notified, and none has transferred the zone since the edges started.',
      )
    const others = found.others.map(({ address, serial, at }) => ({
      target: `${address} (not notified)`,
      serial,
      serialAt: at,
      failures: 0,
    }))
    printTable<SecondaryStatus>(
      terminal,
      [
        { title: 'SERVER', text: ({ target }) => target },
        { title: 'HAS', text: ({ serial }) => String(serial ?? 'unknown'), align: 'right' },
        { title: 'BEHIND', text: behind, align: 'right' },
        { title: 'SEEN', text: ({ serialAt }) => time(serialAt) },
        { title: 'ACKNOWLEDGED', text: ({ acknowledged }) => String(acknowledged ?? '-'), align: 'right' },
        { title: 'AT', text: ({ acknowledgedAt }) => time(acknowledgedAt) },
        { title: 'FAILURES', text: ({ failures }) => String(failures), align: 'right' },
        { title: 'WHY', text: ({ failure }) => failure ?? '' },
      ],
      [...found.secondaries, ...others],
    )
  },
}

function behind({ behindSince }: SecondaryStatus): string {
  return behindSince === undefined ? '-' : `${Math.ceil((Date.now() - behindSince) / 1_000)} s`
}

function time(ms: number | undefined): string {
  return ms === undefined ? '-' : atTime(new Date(ms).toISOString())
}
