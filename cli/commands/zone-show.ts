import type { ZoneAsOf } from '../../services/zone-writer/admin/read-history.ts'
import type { ZoneDetails } from '../../services/zone-writer/admin/read-zones.ts'
import { zonePath } from '../api-client.ts'
import { AS_OF_OPTIONS, asOfQuery } from '../as-of.ts'
import type { Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'
import { printFacts } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { atTime } from '../time.ts'
import { transferFacts } from '../transfer-options.ts'
import { settingFacts } from './zone-set.ts'

export const zoneShow: Command = {
  words: 'zone show',
  summary: 'Show one zone: serial, records, rules; or what it had at a moment of its history',
  takes: ['NAME'],
  options: { ...AS_OF_OPTIONS, ...DELETED_OPTION },
  examples: [
    'zonelog zone show example.com',
    'zonelog zone show example.com --json | jq .serial',
    'zonelog zone show example.com --time 2h',
  ],
  run: async (call) => {
    const { options, api, terminal, json } = call
    const name = await zoneMeant(call)
    const moment = asOfQuery(options)
    // of a deleted zone there is nothing but what it had
    if (moment !== '' || name.includes('@')) {
      const zone = await api.get<ZoneAsOf>(zonePath(name) + moment)
      return json ? terminal.json(zone) : showAsOf(terminal, zone)
    }
    const zone = await api.get<ZoneDetails>(zonePath(name))
    if (json) return terminal.json(zone)
    printFacts(terminal, [
      ['zone', zone.name],
      ['serial', String(zone.serial)],
      ['records', recordCounts(zone)],
      ['events', `${zone.seq}, see \`zonelog log ${zone.name}\``],
      ['created', `${atTime(zone.createdAt)} UTC`],
      ...settingFacts(zone.settings),
      ...(zone.leases === undefined ? [] : [leaseFact(zone.leases)]),
      ...transferFacts(zone.transfers),
      ['updates', zone.rules.length === 0 ? 'nobody may update it' : 'first match wins, else refused:'],
    ])
    for (const [index, rule] of zone.rules.entries()) terminal.line(`  ${index + 1}. ${rule}`)
  },
}

function leaseFact({ running, held, nextEnd }: NonNullable<ZoneDetails['leases']>): [string, string] {
  const next = nextEnd === undefined ? '' : `; the next ends at ${atTime(nextEnd)} UTC`
  return ['leased', `${running} value(s), ${held} more held${next}`]
}

function recordCounts({ records, types }: Pick<ZoneDetails, 'records' | 'types'>): string {
  const counts = Object.entries(types).map(([type, count]) => `${count} ${type}`)
  return `${records} (${counts.join(', ')})`
}

function showAsOf(terminal: Terminal, zone: ZoneAsOf): void {
  if (zone.note !== undefined) terminal.note(zone.note)
  printFacts(terminal, [
    ['zone', zone.name],
    ['serial', String(zone.serial)],
    ['records', recordCounts(zone)],
    ['event', `#${zone.seq}`],
    ['since', `${atTime(zone.time)} UTC`],
  ])
}
