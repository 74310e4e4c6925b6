import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { ImportedZone } from '../../services/zone-writer/admin/import-zone.ts'
import { queryText, zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { asTried, DRY_RUN_OPTION, dryRunInAddress, noteDryRun } from '../dry-run.ts'
import { FROM_OPTION, primaryFrom } from '../moving/primary.ts'
import { uploadTransfer } from '../moving/upload-transfer.ts'
import { originOf, uploadZoneFile } from '../zone-file/upload.ts'

export const zoneImport: Command = {
  words: 'zone import',
  summary: 'Replace the contents of a zone by a zone file, or by what another server has, as one event',
  takes: ['NAME', '[FILE]'],
  options: { ...FROM_OPTION, ...DRY_RUN_OPTION },
  examples: [
    'zonelog zone import example.com db.example.com',
    'zonelog zone export example.com | sed s/192.0.2./198.51.100./ | zonelog zone import example.com -',
    'zonelog zone import example.com --from ns1.example.net --key transfer.key',
  ],
  run: async (call) => {
    const { terminal, json } = call
    const zone = await imported(call)
    if (json) return terminal.json(zone)
    noteDryRun(terminal, zone)
    terminal.line(describe(zone))
    for (const warning of zone.warnings) terminal.note(`warning: ${warning}`)
  },
}

async function imported(call: Call): Promise<Tried<ImportedZone>> {
  const [name, file] = [call.args[0]!, call.args[1]]
  const primary = await primaryFrom(call.options, 'from')
  if ((primary === undefined) === (file === undefined))
    throw new CliError('give either a zone file, or --from with a server that has the zone', 2)
  const query = queryText(await dryRunInAddress(call, 'replaceContents'))
  const path = zonePath(name, `/contents${query}`)
  const upload: Promise<Tried<ImportedZone>> =
    primary === undefined
      ? uploadZoneFile(call, file!, name, path)
      : uploadTransfer(call, primary, originOf(name), path)
  return asTried(call.options, await upload)
}

function describe({ name, serialBefore, serial, records, removed, added }: ImportedZone): string {
  if (serial === serialBefore)
    return `zone ${name} is as in the file already: serial ${serial}, ${records} records`
  return `zone ${name} imported: serial ${serialBefore} → ${serial}, ${removed} records removed, ${added} added, ${records} now`
}
