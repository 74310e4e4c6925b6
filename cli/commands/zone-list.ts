import type { ZoneDescription } from '../../services/zone-writer/admin/read-zones.ts'
import type { Call, Command } from '../command.ts'
import { deletedZones } from '../deleted.ts'
import { printTable } from '../table.ts'
import { atTime } from '../time.ts'

export const zoneList: Command = {
  words: 'zone list',
  summary: 'List the zones',
  options: { deleted: { type: 'boolean', what: 'list those that were deleted; their histories are kept' } },
  examples: [
    'zonelog zone list',
    'zonelog zone list --deleted',
    "zonelog zone list --json | jq -r '.[].name'",
  ],
  run: async (call) => {
    const { api, terminal, json, options } = call
    if (options.has('deleted')) return await listDeleted(call)
    const zones = await api.all<ZoneDescription>('/zones', 'zones')
    if (json) return terminal.json(zones)
    if (zones.length === 0) return terminal.note('There are no zones yet: zonelog zone create example.com')
    printTable(
      terminal,
      [
        { title: 'ZONE', text: (zone) => zone.name, shrink: true },
        { title: 'SERIAL', text: (zone) => String(zone.serial), align: 'right' },
        { title: 'RECORDS', text: (zone) => String(zone.records), align: 'right' },
        { title: 'EVENTS', text: (zone) => String(zone.seq), align: 'right' },
        { title: 'RULES', text: (zone) => String(zone.rules.length), align: 'right' },
        { title: 'CREATED', text: (zone) => zone.createdAt.slice(0, 10) },
      ],
      zones,
    )
  },
}

async function listDeleted({ api, terminal, json }: Call): Promise<void> {
  const zones = await deletedZones(api)
  if (json) return terminal.json(zones)
  if (zones.length === 0) return terminal.note('No zone was ever deleted.')
  printTable(
    terminal,
    [
      { title: 'ZONE', text: (zone) => zone.id, shrink: true },
      { title: 'SERIAL', text: (zone) => String(zone.serial), align: 'right' },
      { title: 'EVENTS', text: (zone) => String(zone.events), align: 'right' },
      { title: 'DELETED (UTC)', text: (zone) => atTime(zone.deletedAt) },
    ],
    zones,
  )
}
