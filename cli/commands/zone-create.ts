import type { CreatedZone } from '../../services/zone-writer/admin/create-zone.ts'
import type { Tried } from '../../services/zone-writer/admin/dry-run.ts'
import type { TransferSettings } from '../../shared/transfers/transfer-settings.ts'
import { zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { DRY_RUN_OPTION, dryRunFrom, noteDryRun } from '../dry-run.ts'
import { FROM_OPTION, primaryFrom } from '../moving/primary.ts'
import { uploadTransfer } from '../moving/upload-transfer.ts'
import { TRANSFER_OPTIONS, transfersFrom } from '../transfer-options.ts'
import { originOf, uploadZoneFile } from '../zone-file/upload.ts'

export const zoneCreate: Command = {
  words: 'zone create',
  summary: 'Create a zone: from a zone file, from another server, or with default contents',
  takes: ['NAME'],
  options: {
    file: {
      type: 'string',
      value: 'ZONEFILE',
      what: 'the contents, - reads standard input; without it an SOA, one name server ns1 and 127.0.0.1 as its address',
    },
    ...FROM_OPTION,
    'allow-update': {
      type: 'string',
      multiple: true,
      value: 'CIDR|KEY',
      what: 'who may update the zone: a TSIG key, or addresses for unsigned updates',
    },
    ...TRANSFER_OPTIONS,
    catalog: {
      type: 'boolean',
      what: 'make a catalog zone (RFC 9432): secondaries that take it serve every zone that it lists',
    },
    ...DRY_RUN_OPTION,
  },
  examples: [
    'zonelog zone create example.com --allow-update demo',
    'zonelog zone create example.com --file db.example.com --allow-update demo --allow-update 10.0.0.0/8',
    'zonelog zone create example.com --from 192.0.2.53 --key transfer.key --allow-update demo',
    'zonelog zone create catalog.example --catalog --allow-transfer xfr --notify xfr+192.0.2.53',
    'zonelog zone create example.com --allow-transfer xfr --notify xfr+192.0.2.53',
  ],
  run: async (call) => {
    const { options, terminal, json } = call
    const isCatalog = options.has('catalog')
    const zone = await created(call, isCatalog)
    if (json) return terminal.json(zone)
    noteDryRun(terminal, zone)
    terminal.line(`zone ${zone.name} created: serial ${zone.serial}, ${zone.records} records`)
    for (const rule of zone.rules) terminal.line(`  ${rule}`)
    for (const warning of zone.warnings) terminal.note(`warning: ${warning}`)
    if (zone.rules.length === 0 && !isCatalog)
      terminal.note('Nobody may update it: no --allow-update was given.')
  },
}

async function created(call: Call, isCatalog: boolean): Promise<Tried<CreatedZone>> {
  const { args, options, api } = call
  const name = args[0]!
  const file = options.text('file')
  const primary = await primaryFrom(options, 'from')
  const settings = {
    allowUpdate: options.list('allow-update'),
    ...transfersFrom(options),
    ...dryRunFrom(options),
  }
  if (file !== undefined && primary !== undefined)
    throw new CliError('--file and --from are given both; the contents come from one of them', 2)
  if (isCatalog && (file ?? primary) !== undefined)
    throw new CliError('A catalog zone is kept by zonelog itself: it takes no contents from elsewhere.', 2)
  if (file !== undefined) return await uploadZoneFile(call, file, name, withSettings(name, settings))
  if (primary === undefined) return await api.post('/zones', { name, ...settings, isCatalog })
  const origin = `from a transfer of ${primary.text}`
  return await uploadTransfer(call, primary, originOf(name), withSettings(name, { ...settings, origin }))
}

/** Where a zone is created from contents, with its settings. */
export function withSettings(
  name: string,
  settings: Partial<TransferSettings> & { allowUpdate: readonly string[]; origin?: string; dryRun?: true },
): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(settings))
    for (const one of [value].flat()) query.append(key, String(one))
  return query.size === 0 ? zonePath(name) : `${zonePath(name)}?${query}`
}
