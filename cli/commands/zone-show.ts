import type { ZoneDetails } from '../../services/zone-writer/admin/read-zones.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { printFacts } from '../table.ts'
import { atTime } from '../time.ts'
import { settingFacts } from './zone-set.ts'

export const zoneShow: Command = {
  words: 'zone show',
  summary: 'Show one zone: serial, records, rules',
  takes: ['NAME'],
  examples: ['zonelog zone show example.com', 'zonelog zone show example.com --json | jq .serial'],
  run: async ({ args, api, terminal, json }) => {
    const zone = await api.get<ZoneDetails>(zonePath(args[0]!))
    if (json) return terminal.json(zone)
    const types = Object.entries(zone.types).map(([type, count]) => `${count} ${type}`)
    printFacts(terminal, [
      ['zone', zone.name],
      ['serial', String(zone.serial)],
      ['records', `${zone.records} (${types.join(', ')})`],
      ['events', `${zone.seq}, see \`zonelog log ${zone.name}\``],
      ['created', `${atTime(zone.createdAt)} UTC`],
      ...settingFacts(zone.settings),
      ['updates', zone.rules.length === 0 ? 'nobody may update it' : 'first match wins, else refused:'],
    ])
    for (const [index, rule] of zone.rules.entries()) terminal.line(`  ${index + 1}. ${rule}`)
  },
}
