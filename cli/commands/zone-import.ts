import type { ImportedZone } from '../../services/zone-writer/admin/import-zone.ts'
import { zonePath } from '../api-client.ts'
import type { Command } from '../command.ts'
import { uploadZoneFile } from '../zone-file/upload.ts'

export const zoneImport: Command = {
  words: 'zone import',
  summary: 'Replace the contents of a zone by a zone file, as one event',
  takes: ['NAME', 'FILE'],
  examples: [
    'zonelog zone import example.com db.example.com',
    'zonelog zone export example.com | sed s/192.0.2./198.51.100./ | zonelog zone import example.com -',
  ],
  run: async (call) => {
    const { args, terminal, json } = call
    const [name, file] = [args[0]!, args[1]!]
    const zone = await uploadZoneFile<ImportedZone>(call, file, name, zonePath(name, '/contents'))
    if (json) return terminal.json(zone)
    terminal.line(describe(zone))
    for (const warning of zone.warnings) terminal.note(`warning: ${warning}`)
  },
}

function describe({ name, serialBefore, serial, records, removed, added }: ImportedZone): string {
  if (serial === serialBefore)
    return `zone ${name} is as in the file already: serial ${serial}, ${records} records`
  return `zone ${name} imported: serial ${serialBefore} → ${serial}, ${removed} records removed, ${added} added, ${records} now`
}
